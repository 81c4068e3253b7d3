"""The waivers beside a policy pack."""

from __future__ import annotations

from pathlib import Path

import yaml

from pulumi_azure_hotpatch.engine.waivers import Waiver, read_waivers
from pulumi_azure_hotpatch.errors import InvalidInput


def read_waiver_file(path: Path) -> tuple[Waiver, ...]:
    """The waivers in a YAML or JSON file. Raises InvalidInput that names the file."""
    try:
        return read_waivers(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InvalidInput(f"{path.name}: cannot be read ({reason})") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(f"{path.name}: neither YAML nor JSON ({str(error).splitlines()[0]})") from None
    except InvalidInput as error:
        raise InvalidInput(f"{path.name}: {error}") from None
