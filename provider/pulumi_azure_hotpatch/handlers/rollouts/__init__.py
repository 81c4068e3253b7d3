"""The rollout in rings, part by part; the resource itself is `patch_rollout`."""
