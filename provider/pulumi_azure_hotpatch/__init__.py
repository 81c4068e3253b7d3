"""Hotpatch and guest patching of Azure machines, declared in Pulumi."""
