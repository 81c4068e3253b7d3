"""The gallery of examples: one folder a story, run as it stands by the real engine on a simulated Azure.

A story is a folder of `examples/` with a Pulumi project. What may lie beside its program:

* `azure.json`: the machines that are there before, as ARM bodies;
* `config.json`: what the reader sets with `pulumi config set`; a key that begins with `secret:` is set as a secret;
* `expected-output.txt`: what `pulumi up` prints, without what differs from run to run;
  `PYTHONPATH=.:tools python -m tests.support.gallery [story …]` writes it anew.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from azure_patch_simulator.launch import launched
from demo import Azure
from tests.support import azure_native
from tests.support.pulumi_cli import Stack

EXAMPLES = Path(__file__).parents[2] / "examples"
STARTS = "2027-01-04T08:00:00Z"

# Where the stand-in for azure-native comes from, how long things took, and lines that only show that time passes.
_NOISE = re.compile(r"warning: using pulumi-resource-azure-native from|^@ |^Duration: ")
_SECONDS = re.compile(r" \((?:\d+[hms.]?)+s\)")


@dataclass(frozen=True)
class Story:
    """One folder of the gallery."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def expected(self) -> Path:
        """What `pulumi up` prints."""
        return self.folder / "expected-output.txt"

    @contextmanager
    def told(self, work: Path) -> Iterator[tuple[Stack, Azure]]:
        """The story's stack, configured and not yet deployed, and the Azure that it is pointed at."""
        arguments = ["--time", "manual", "--start", STARTS, "--ca-file", str(work / "ca.pem")]
        if (self.folder / "azure.json").exists():
            arguments += ["--inventory", str(self.folder / "azure.json")]
        with launched(*arguments) as server:
            azure = Azure(server.info)
            # One resource at a time, so that the output is always in the same order.
            stack = Stack(self.folder, work / "pulumi", {**azure.environment(), "PULUMI_PARALLEL": "1"})
            stack.env["PATH"] = f"{azure_native.install(work / 'bin')}:{stack.env['PATH']}"
            for key, value in self._configuration().items():
                stack.set_config(key.removeprefix("secret:"), value, secret=key.startswith("secret:"))
            yield stack, azure

    def _configuration(self) -> dict[str, str]:
        file = self.folder / "config.json"
        return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def stories() -> list[Story]:
    """The stories of the gallery, by name."""
    return [Story(project.parent) for project in sorted(EXAMPLES.glob("*/Pulumi.yaml"))]


def normalised(output: str) -> str:
    """What `pulumi up` printed: each resource once, when it is done, and the diagnostics, outputs and counts."""
    kept: list[str] = []
    for line in output.splitlines():
        if _NOISE.search(line) or _is_on_its_way(line):
            continue
        kept.append(_SECONDS.sub("", line).rstrip())
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip() + "\n"
    # A heading under which nothing is left.
    return re.sub(r"Diagnostics:\n  pulumi:pulumi:Stack \([\w-]+\):\n\n", "", text)


def _is_on_its_way(line: str) -> bool:
    """Whether a line tells of a resource that is being worked on, or repeats what the diagnostics say of it."""
    if not re.match(r" [-+~ ]{2} \S+:\S+ ", line):
        return False
    return (
        re.search(r" (create|created|update|updated|delete|deleted|replace|replaced)(?: \([\d.hms]+\))? *$", line)
        is None
    )


def main(names: list[str]) -> None:
    """Write anew what the named stories (all, when none is named) print."""
    for story in stories():
        if not names or story.name in names:
            with tempfile.TemporaryDirectory() as work, story.told(Path(work)) as (stack, _):
                story.expected.write_text(normalised(stack.up(skip_preview=False).output), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
