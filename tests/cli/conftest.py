"""`azure-hotpatch` as somebody at a terminal sees it."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from pulumi_azure_hotpatch.cli import main

CHECKOUT = Path(__file__).parents[2]
INVENTORY = CHECKOUT / "examples" / "inventory.json"


@dataclass(frozen=True)
class Answer:
    """What one run printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The printed lines."""
        return self.out.splitlines()

    def rows(self, schema: str) -> list[dict[str, Any]]:
        """The printed list, which fits the schema that ships under that name."""
        parsed: list[dict[str, Any]] = json.loads(self.out)
        validator(schema).validate(parsed)
        return parsed


Ask = Callable[..., Answer]


@cache
def validator(schema: str) -> Draft202012Validator:
    """The validator of a schema that ships in the package; formats are checked too."""
    text = resources.files("pulumi_azure_hotpatch").joinpath(f"schemas/{schema}.schema.json").read_text("utf-8")
    Draft202012Validator.check_schema(json.loads(text))
    return Draft202012Validator(json.loads(text), format_checker=FormatChecker())


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Run a command: `ask("calendar", "--product", "ws2025", columns=60, stdin="…")`."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GITHUB_ACTIONS", "PY_COLORS", "TERMINAL_WIDTH"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object, columns: int | None = None, stdin: str | bytes = "") -> Answer:
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        if columns is None:
            monkeypatch.delenv("COLUMNS", raising=False)
        else:
            monkeypatch.setenv("COLUMNS", str(columns))
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return run
