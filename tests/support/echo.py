"""Puts the plugin of `echo_plugin` where the engine finds it.

Only that module imports the SDK for plugins, whose protocol files do not go into one process with the dynamic host's.
"""

import sys
from pathlib import Path

_CHECKOUT = Path(__file__).parents[2]


def install(folder: Path, *packages: str) -> Path:
    """Make the executables for packages in `folder`, which has to come first on PATH; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages:
        executable = folder / f"pulumi-resource-{package}"
        executable.write_text(
            f'#!/bin/sh\nPYTHONPATH="{_CHECKOUT}" exec "{sys.executable}" -u -m tests.support.echo_plugin "$@"\n',
            encoding="utf-8",
        )
        executable.chmod(0o755)
    return folder
