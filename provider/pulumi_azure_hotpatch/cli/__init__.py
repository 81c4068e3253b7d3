"""`azure-hotpatch`: what the engine knows, on the command line.

Every command prints a table for people or, with `--json`, a list whose shape is a JSON Schema in `schemas/`. Exit
codes: 0 nothing failed, 1 at least one finding with verdict `fail` and severity `error`, or a preview that failed, 2
bad input or usage.
`connected` is the one way to Azure for the commands that need it (`doctor` asks why it does not answer); no other
imports the Azure SDK. None imports Pulumi.
"""

from __future__ import annotations

# Importing them makes their commands join the program, in the order of its help.
from . import foretelling, judging  # noqa: F401 - imported to register

# isort: split
from . import asking  # noqa: F401 - imported to register
from .program import main

__all__ = ["main"]
