"""Chance that is none: the same seed and the same names give the same number, in whatever order they are asked."""

from __future__ import annotations

from hashlib import blake2b

_WHOLE = float(2**64)


def fraction(seed: int, *names: object) -> float:
    """Return a number from 0 (included) to 1 (not included) for these names."""
    text = "\x1f".join(map(str, (seed, *names)))
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / _WHOLE
