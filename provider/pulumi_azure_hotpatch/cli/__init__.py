"""`azure-hotpatch`: what the engine knows, on the command line.

Every command prints a table for people or, with `--json`, a list whose shape is a JSON Schema in `schemas/`. Exit
codes: 0 nothing failed, 1 at least one finding with verdict `fail` and severity `error`, 2 bad input or usage.
Nothing here needs Azure, and neither Pulumi nor the Azure SDK is imported.
"""

from __future__ import annotations

from .program import main

__all__ = ["main"]
