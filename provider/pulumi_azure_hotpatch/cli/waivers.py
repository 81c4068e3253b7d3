"""Files of waivers, for the commands that take `--waivers`."""

from __future__ import annotations

from pulumi_azure_hotpatch.engine.waivers import Waiver, read_waivers
from pulumi_azure_hotpatch.errors import InvalidInput

from .reading import read_document, shown


def load_waivers(path: str | None) -> tuple[Waiver, ...]:
    """The waivers in a file, YAML or JSON; none where no file is given. Raises InvalidInput that names the file."""
    if path is None:
        return ()
    document = read_document(path)
    try:
        return read_waivers(document)
    except InvalidInput as error:
        raise InvalidInput(f"{shown(path)}: {error}") from None
