"""When to patch what, and why.

Pure: standard library only. No clock, no network, no files beyond the package's own data; every instant is an
argument, every answer a value with its reason.
"""
