"""A schedule's texts to facts for rules, and the meanings by which two spellings of a text are the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pulumi_azure_hotpatch.errors import InvalidInput

from . import recurrence as recurrences
from .durations import NEVER, format_duration, parse_duration, parse_expiry, parse_start
from .facts import Schedule
from .logic import UNKNOWN, Maybe, Unknown
from .occurrences import resolve
from .window import lead_time, shortest_interval, starts_before_midnight
from .zones import iana_name, is_windows_name, windows_name, zone


def schedule_facts(
    *,
    name: Maybe[str],
    resource_group_name: Maybe[str],
    start: Maybe[str | None],
    duration: Maybe[str | None],
    time_zone: Maybe[str | None],
    recurrence: Maybe[str | None],
    expires: Maybe[str | None] = None,
    reboot_setting: Maybe[str | None] = None,
    has_patch_selection: Maybe[bool] = UNKNOWN,
    tags: Maybe[Mapping[str, str] | None] = None,
    location: Maybe[str | None] = UNKNOWN,
    as_of: datetime | None = None,
) -> Schedule:
    """The facts of a schedule.

    `as_of` is the (aware) instant to count the lead time from; without it the lead time is UNKNOWN.
    """
    parsed_start = _parsed(parse_start, start)
    parsed_length = _parsed(parse_duration, duration)
    return Schedule(
        name=name,
        resource_group_name=resource_group_name,
        location=location,
        start=start,
        duration=duration,
        time_zone=time_zone,
        recurrence=recurrence,
        expires=expires,
        reboot_setting=reboot_setting,
        has_patch_selection=has_patch_selection,
        start_problem=_problem(parse_start, start),
        duration_problem=_problem(parse_duration, duration),
        duration_minutes=parsed_length if parsed_length is UNKNOWN else int(parsed_length.total_seconds() // 60),
        time_zone_problem=_problem(azure_zone, time_zone),
        recurrence_problem=_problem(recurrences.parse, recurrence),
        recurrence_uncertainty=_uncertainty(recurrence),
        minutes_between_starts=_minutes_between(recurrence),
        expires_problem=_expiry_problem(parsed_start, expires),
        minutes_until_start=_minutes_until(parsed_start, time_zone, as_of),
        starts_before_midnight=parsed_start if parsed_start is UNKNOWN else starts_before_midnight(parsed_start),
        full_name_length=(
            UNKNOWN
            if name is UNKNOWN or resource_group_name is UNKNOWN
            else len(str(name)) + len(str(resource_group_name))
        ),
        upper_case_tag=_upper_case(tags),
    )


def azure_zone(name: str) -> str:
    """The name that the service takes for a zone: Windows names as they are, IANA names translated. Raises
    InvalidInput.
    """
    if is_windows_name(name):
        # Through the table and back, for the letter case that the service uses.
        return windows_name(iana_name(name)) if name.casefold() == windows_name(iana_name(name)).casefold() else name
    return windows_name(name)


def zone_key(name: str) -> str:
    """Equal for two names of the same zone, Windows or IANA, in any letter case."""
    return _key(lambda text: azure_zone(text).casefold(), name)


def recurrence_key(text: str) -> str:
    """Equal for two spellings of the same recurrence."""
    return _key(lambda written: recurrences.format(recurrences.parse(written)), text)


def duration_key(text: str) -> str:
    """Equal for two spellings of the same duration (`3:00`, `03:00`)."""
    padded = text.zfill(5) if ":" in text else text
    return _key(lambda written: format_duration(parse_duration(written)), padded)


def start_key(text: str) -> str:
    """Equal for two spellings of the same local time."""
    return _key(lambda written: parse_start(written).isoformat(), text)


def expiry_key(text: str | None) -> str:
    """Equal for two spellings of the same expiry; none at all is the service's `9999-12-31 23:59:59`."""
    if not text or text.startswith("9999-12-31"):
        return NEVER.isoformat()
    return _key(lambda written: parse_expiry(written).isoformat(), text)


def reboot_key(text: str | None) -> str | None:
    """Equal for the names of one reboot setting: the service has answered `AlwaysReboot` for `Always`.

    Source: recorded traffic of Azure PowerShell, maintenance configurations; MicrosoftDocs help of
    New-AzMaintenanceConfiguration.
    """
    return text and text.casefold().replace("reboot", "")


def _key(read: Callable[[str], str], text: str) -> str:
    try:
        return read(text)
    except InvalidInput:
        return text.casefold()


def _parsed(parse: Callable[[str], Any], text: Maybe[str | None]) -> Any:
    """What `parse` makes of a text, UNKNOWN for one that is not known or cannot be read."""
    if text is UNKNOWN or text is None:
        return UNKNOWN
    try:
        return parse(text)
    except InvalidInput:
        return UNKNOWN


def _problem(parse: Callable[[str], Any], text: Maybe[str | None]) -> Maybe[str | None]:
    if text is UNKNOWN:
        return UNKNOWN
    if text is None:
        return "It is not given."
    try:
        parse(text)
    except InvalidInput as error:
        return _sentence(str(error))
    return None


def _uncertainty(recurrence: Maybe[str | None]) -> Maybe[str | None]:
    parsed = _parsed(recurrences.parse, recurrence)
    if isinstance(parsed, Unknown):
        return UNKNOWN
    notes = recurrences.uncertainties(parsed)
    return _sentence("; ".join(notes)) if notes else None


def _minutes_between(recurrence: Maybe[str | None]) -> Maybe[int | None]:
    parsed = _parsed(recurrences.parse, recurrence)
    # A recurrence that cannot be read has a finding of its own.
    if isinstance(parsed, Unknown):
        return UNKNOWN if recurrence is UNKNOWN else None
    return int(shortest_interval(parsed).total_seconds() // 60)


def _expiry_problem(start: Any, expires: Maybe[str | None]) -> Maybe[str | None]:
    if expires is UNKNOWN or expires is None:
        return UNKNOWN if expires is UNKNOWN else None
    try:
        parsed = parse_expiry(expires)
    except InvalidInput as error:
        return _sentence(str(error))
    if isinstance(start, Unknown):
        return UNKNOWN
    return None if parsed > start else f"It expires at {expires}, before its first window."


def _minutes_until(start: Any, time_zone: Maybe[str | None], as_of: datetime | None) -> Maybe[int | None]:
    known_zone = _parsed(zone, time_zone)
    if start is UNKNOWN or known_zone is UNKNOWN or as_of is None:
        return UNKNOWN
    opens, _ = resolve(start, known_zone)
    return int(lead_time(as_of, opens).total_seconds() // 60)


def _upper_case(tags: Maybe[Mapping[str, str] | None]) -> Maybe[str | None]:
    if tags is UNKNOWN or tags is None:
        return tags
    return next((name for name in tags if name != name.lower()), None)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
