"""The templates of pages, and what goes into them beside text: styles and scripts, each with the hash that a page's
content security policy names.

Pages load nothing (`default-src 'none'`) and run no scripts but their own, named by hash: what comes from outside is
text, even where something went wrong with its escaping.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from pulumi_azure_hotpatch.extras import needs_extra

if TYPE_CHECKING:
    from jinja2 import Environment


def render(name: str, purpose: str, **values: Any) -> str:
    """A page from the template of that name; `purpose` begins the sentence that says what Jinja is missing for.

    Raises ConfigurationError where Jinja is not installed.
    """
    with needs_extra("report", purpose):
        return _environment().get_template(name).render(values)


def read(name: str) -> str:
    """A file beside the templates."""
    return resources.files("pulumi_azure_hotpatch.report").joinpath("templates", name).read_text("utf-8")


def script_json(value: Any) -> str:
    """A value as JSON that can stand in a script element: nothing in it can end the element.

    Source: HTML Living Standard, 4.12.1.3 (restrictions for contents of script elements).
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def hash_of(script: str) -> str:
    """What a content security policy calls a script: `'sha256-…'`."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("pulumi_azure_hotpatch.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
