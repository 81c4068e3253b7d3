"""The settings of many machines as one resource, part by part; the resource itself is `fleet_patch_settings`."""
