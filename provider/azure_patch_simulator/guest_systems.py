"""Which operating system a machine has inside, read from its image, and whether that image is of the marketplace."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .resources import Body

UNKNOWN = "unknown"
_WINDOWS_YEARS = re.compile(r"(2012|2016|2019|2022|2025)")
_LINUX = (
    ("ubuntu", re.compile(r"ubuntu|canonical")),
    ("debian", re.compile(r"debian")),
    ("rhel", re.compile(r"rhel|redhat|red hat")),
    ("oracle", re.compile(r"oracle")),
    ("sles", re.compile(r"sles|suse")),
    ("centos", re.compile(r"centos")),
)
_UBUNTU = re.compile(r"(?<!\d)(1[4-9]|2\d)[._-]?(04|10)(?!\d)")
_MAJOR = re.compile(r"(?<![\d.])(\d{1,2})(?!\d)")


@dataclass(frozen=True, slots=True)
class System:
    """``os_type`` is Windows or Linux; ``line`` is what it follows: ``ws2025``, ``windows``, ``ubuntu-22.04``, or
    ``unknown``. ``custom`` tells an image that is not from the marketplace (gallery, or no image at all).
    """

    os_type: str
    line: str
    custom: bool

    @property
    def is_windows(self) -> bool:
        """Whether it is Windows."""
        return self.os_type == "Windows"


def system_of(body: Body, images: Mapping[str, str], *, windows: bool) -> System:
    """Return the system of a virtual machine; ``images`` says what custom images hold (part of the id -> line)."""
    image, custom = _image(body), is_custom(body)
    os_type = "Windows" if windows else "Linux"
    if not custom:
        text = " ".join(str(image.get(part, "")) for part in ("publisher", "offer", "sku")).lower()
        return System(os_type, line_of(text, windows=windows), custom=False)
    text = str(image.get("id") or image.get("communityGalleryImageId") or "").lower()
    declared = next((line for part, line in images.items() if part.lower() in text), None) if text else None
    name = text.split("/images/", 1)[-1] if "/images/" in text else ""
    return System(os_type, declared if declared is not None else line_of(name, windows=windows), custom=True)


def _image(body: Body) -> Mapping[str, Any]:
    return (body["properties"].get("storageProfile") or {}).get("imageReference") or {}


def is_custom(body: Body) -> bool:
    """Tell whether a virtual machine was made from something else than a marketplace image."""
    image = _image(body)
    return "publisher" not in image or "id" in image or "communityGalleryImageId" in image


def line_of(text: str, *, windows: bool) -> str:
    """Return the line a lower-case description belongs to, ``unknown`` when it does not say."""
    if windows:
        year = _WINDOWS_YEARS.search(text)
        if year is not None:
            return f"ws{year[1]}"
        return "windows" if text.startswith("microsoftwindowsdesktop") else UNKNOWN
    for family, pattern in _LINUX:
        if pattern.search(text):
            return _with_version(family, text)
    return UNKNOWN


def _with_version(family: str, text: str) -> str:
    if family == "ubuntu":
        found = _UBUNTU.search(text)
        return f"ubuntu-{found[1]}.{found[2]}" if found else family
    found = _MAJOR.search(text.replace("gen2", "").replace("arm64", ""))
    if found is None:
        return family
    # ``94`` is how some image names write 9.4; SUSE's majors are 12 and 15.
    major = found[1] if int(found[1]) < 20 else found[1][0]
    return f"{family}-{int(major)}"
