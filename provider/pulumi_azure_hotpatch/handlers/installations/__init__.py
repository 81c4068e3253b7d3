"""One installation on one machine, part by part; the resource itself is `patch_installation`."""
