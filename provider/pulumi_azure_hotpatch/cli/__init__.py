"""`azure-hotpatch`: what the engine knows, on the command line.

Every command prints a table for people or, with `--json`, a list whose shape is a JSON Schema in `schemas/`. Exit
codes: 0 nothing failed, 1 at least one finding with verdict `fail` and severity `error`, 2 bad input or usage.
Only the commands in `asking` need Azure; `connected` is the one way to it, and no other imports the Azure SDK. None
imports Pulumi.
"""

from __future__ import annotations

from . import asking  # noqa: F401 - its commands join those of `commands`
from .program import main

__all__ = ["main"]
