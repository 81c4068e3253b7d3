"""One assessment of one machine, for `patch_assessment` and `image_support_check`."""
