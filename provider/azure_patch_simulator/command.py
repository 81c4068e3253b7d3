"""The `azure-patch-simulator` command, which says in one line what it lacks where its extra is not installed."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command."""
    try:
        from .__main__ import main as run
    except ModuleNotFoundError as error:
        print(
            f"azure-patch-simulator: it needs {error.name}, which is not installed: "
            "pip install 'pulumi-azure-hotpatch[simulator]'",
            file=sys.stderr,
        )
        return 2
    return run()
