"""The few documents that are read before there is an Azure client: a cloud's endpoints, a token of a CI system."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

_SECONDS = 30


class WebError(Exception):
    """A document that could not be read; the text says why and nothing of what was sent."""


def read_json(url: str, headers: Mapping[str, str]) -> Any:
    """The JSON document at an https address. Raises WebError."""
    request = urllib.request.Request(url, headers={"Accept": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        error.close()
        raise WebError(f"the answer is HTTP {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        # URLError wraps the reason of a connection that failed.
        raise WebError(" ".join(str(getattr(error, "reason", None) or error).split())) from None
    except ValueError:
        raise WebError("the answer is not JSON") from None
