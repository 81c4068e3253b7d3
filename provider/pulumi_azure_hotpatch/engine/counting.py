"""Numbers of things as people write them."""

from __future__ import annotations


def counted(number: int, noun: str = "machine", plural: str | None = None) -> str:
    """`1 machine`, `10,000 machines`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def are(number: int) -> str:
    """`is` of one thing, `are` of others."""
    return "is" if number == 1 else "are"
