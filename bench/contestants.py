"""Who is measured: this package in its two forms, the peer, and the engine with resources that do nothing but wait.

Each does the same work in the same four phases. Both sides are told to skip what they would do twice: the peer applies
the plan that it saved, this package's `up` comes without the preview before it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import pulumi_env
from bench.peer import configuration
from bench.peer.build import Peer
from bench.process_tree import Cost, measured

CHECKOUT: Final = Path(__file__).resolve().parent.parent
PHASES: Final = ("preview", "apply", "no-op", "drift repair")
"""What would happen; the first time; nothing to do, Azure looked at; every tenth machine changed by somebody else."""
ENGINE: Final = "engine alone"


class Contestant(Protocol):
    """A tool with its program in a folder of its own, ready to work on one simulated fleet."""

    def run(self, phase: str) -> Cost:
        """Do a phase. Raises CommandFailed."""
        ...


@dataclass(frozen=True)
class Entry:
    """A tool as the table names it, and how it is set up. `at_once` is its parallelism, None for its own default."""

    tool: str
    program: str | None = None
    peer: Peer | None = None
    at_once: int | None = None

    @property
    def title(self) -> str:
        """The tool, with its parallelism where that is not its default."""
        return self.tool if self.at_once is None else f"{self.tool}, {self.at_once} at once"

    def ready(self, folder: Path, info: Mapping[str, str], machines: Sequence[str], seconds: float) -> Contestant:
        """Set it up in an empty folder; a write to a machine takes so many seconds."""
        if self.peer is not None:
            return _OpenTofu(self.peer, folder, info, machines, self.at_once)
        pulumi = _Pulumi(self.program or "", folder, info, machines, self.at_once)
        pulumi.environment["BENCH_OPERATION_SECONDS"] = str(seconds)
        return pulumi


class _Pulumi:
    """A program of `bench/programs` with the real CLI and a file backend, checkpoints and all."""

    def __init__(
        self, program: str, folder: Path, info: Mapping[str, str], machines: Sequence[str], at_once: int | None
    ) -> None:
        self._folder = folder
        main = CHECKOUT / "bench" / "programs" / program
        (folder / "Pulumi.yaml").write_text(f"name: bench\nruntime: python\nmain: {main}\n", encoding="utf-8")
        self.environment = pulumi_env.isolated(folder / "pulumi") | {
            "PYTHONPATH": str(CHECKOUT),
            "BENCH_MACHINES": str(len(machines)),
            "ARM_TENANT_ID": info["tenant_id"],
            "ARM_SUBSCRIPTION_ID": info["subscription_id"],
            "ARM_CLIENT_ID": info["client_id"],
            "ARM_CLIENT_SECRET": info["client_secret"],
            "AZURE_HOTPATCH_ENDPOINT": info["url"],
            "AZURE_HOTPATCH_CA_FILE": info["ca_file"],
        }
        self._parallel = () if at_once is None else ("--parallel", str(at_once))
        self._command("stack", "init", "bench")

    def run(self, phase: str) -> Cost:
        up = ("up", "--yes", "--skip-preview")
        arguments = {
            "preview": ("preview",),
            "apply": up,
            "no-op": ("preview", "--refresh", "--expect-no-changes"),
            "drift repair": (*up, "--refresh"),
        }[phase]
        return self._command(*arguments, "--stack", "bench", "--suppress-progress", *self._parallel)

    def _command(self, *arguments: str) -> Cost:
        command = [str(Path(sys.executable).with_name("pulumi")), *arguments, "--non-interactive", "--color", "never"]
        return measured(command, self._folder, self.environment)


class _OpenTofu:
    """The peer's configuration with its CLI and a file for its state."""

    def __init__(
        self, peer: Peer, folder: Path, info: Mapping[str, str], machines: Sequence[str], at_once: int | None
    ) -> None:
        self._tofu = peer.tofu
        self._folder = folder
        kept = {k: v for k, v in os.environ.items() if not k.startswith((*pulumi_env.FOREIGN_PREFIXES, "TF_"))}
        self._environment = kept | configuration.write(folder, info, list(machines), peer.provider)
        self._parallel = () if at_once is None else (f"-parallelism={at_once}",)

    def run(self, phase: str) -> Cost:
        arguments: dict[str, tuple[str, ...]] = {
            "preview": ("plan", "-out=planned", *self._parallel),
            "apply": ("apply", *self._parallel, "planned"),
            # 0: nothing to change, 2: something.
            "no-op": ("plan", "-detailed-exitcode", *self._parallel),
            "drift repair": ("apply", "-auto-approve", *self._parallel),
        }
        verb, *rest = arguments[phase]
        command = [str(self._tofu), verb, "-input=false", "-no-color", *rest]
        return measured(command, self._folder, self._environment)
