"""`azure-hotpatch doctor`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.text import Text

from pulumi_azure_hotpatch.diagnosis import cloud as cloudward
from pulumi_azure_hotpatch.diagnosis.check import NOTHING_TO_DO, Check, Verdict
from pulumi_azure_hotpatch.diagnosis.programs import programs
from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.previews import read_preview
from pulumi_azure_hotpatch.errors import ConfigurationError, InvalidInput
from pulumi_azure_hotpatch.host.settings import Lookup, azure_sources, read_configuration

from . import output
from .connected import clock_of
from .reading import read_document, shown

_STYLES: Final[dict[Verdict, str]] = {"ok": "green", "warn": "yellow", "fail": "red", "unknown": "magenta"}
_SECONDS: Final = 60


def run(preview: str | None, *, stack: str | None, as_json: bool) -> int:
    """Print one line a check; the exit code is 1 where one fails. Raises InvalidInput and ConfigurationError."""
    declared = _declared(preview)
    found = []
    for check in _checks(declared, _lookup(stack)):
        found.append(check)
        if not as_json:
            _show(check)
    if as_json:
        output.print_json(check.as_json() for check in found)
    else:
        tally = {verdict: sum(check.verdict == verdict for check in found) for verdict in _STYLES}
        failed, watched = output.count(tally["fail"], "failure"), f"{tally['warn']} to watch"
        output.show(
            output.console(),
            Text(f"{tally['ok']} fine, {failed}, {watched}, {tally['unknown']} not known."),
        )
    return 1 if any(check.verdict == "fail" for check in found) else 0


def _checks(declared: Sequence[Declared], lookup: Lookup) -> Iterator[Check]:
    yield from programs()
    try:
        configuration = read_configuration(lookup)
    except ConfigurationError as error:
        yield Check("configuration", "fail", str(error), "correct this value")
        return
    sources = azure_sources(lookup)
    own = "the endpoint is overridden" if configuration.connection.endpoint else "no value contradicts another"
    yield Check("configuration", "ok", own)
    with clock_of(configuration) as clock:
        yield from cloudward.examine(configuration, clock, declared, sources)


def _declared(preview: str | None) -> tuple[Declared, ...]:
    if preview is None:
        return ()
    document = read_document(preview)
    try:
        return read_preview(document).after
    except InvalidInput as error:
        raise InvalidInput(f"{shown(preview)}: {error}") from None


def _lookup(stack: str | None) -> Lookup:
    """The stack's configuration as the Pulumi CLI gives it, secrets included: they stay in this process."""
    if stack is None:
        return lambda _: None
    command = ["pulumi", "config", "--json", "--show-secrets", "--stack", stack]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
        values: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
    except FileNotFoundError:
        raise InvalidInput(
            f"the configuration of stack '{stack}' cannot be read: the pulumi command is not on PATH; install it, or "
            "leave --stack out"
        ) from None
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise InvalidInput(f"the configuration of stack '{stack}' cannot be read: {error}") from None
    if done.returncode != 0:
        reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise InvalidInput(f"the configuration of stack '{stack}' cannot be read: {reason}")
    return lambda key: values.get(key, {}).get("value")


def _show(check: Check) -> None:
    words = Text.assemble((check.name, "bold"), f": {check.found}")
    if check.fix != NOTHING_TO_DO:
        words.append(f"\n{check.fix}", "italic")
    else:
        words.append(f" – {check.fix}", "dim")
    output.show(output.console(), output.indented(words, check.verdict, _STYLES[check.verdict]))
