"""Build the peer from Go modules, pinned by the go.mod and go.sum beside this: OpenTofu's CLI and the azapi provider.

Both are kept in the cache of the Pulumi CLI, by version. About seven minutes of one processor the first time.
azapi 1.15.0 is the last version that the Go module path resolves: the tags of 2.x lack the path's `/v2`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pulumi_build
from pulumi_cache import cache_folder, only_one, publish, unfinished_folder

_HERE = Path(__file__).resolve().parent


class PeerUnavailable(Exception):
    """The peer cannot be built here; the text says why."""


@dataclass(frozen=True)
class _Part:
    folder: Path
    module: str
    package: str
    executable: str
    flags: str

    @property
    def version(self) -> str:
        found = re.search(rf"{re.escape(self.module)} v(\S+)", (self.folder / "go.mod").read_text(encoding="utf-8"))
        if found is None:
            raise PeerUnavailable(f"{self.folder / 'go.mod'} does not pin {self.module}")
        return found[1]


_TOFU = _Part(
    _HERE / "tofu",
    "github.com/opentofu/opentofu",
    "github.com/opentofu/opentofu/cmd/tofu",
    "tofu",
    "-X github.com/opentofu/opentofu/version.dev=no",
)
_AZAPI = _Part(
    _HERE / "azapi",
    "github.com/Azure/terraform-provider-azapi",
    "github.com/Azure/terraform-provider-azapi",
    "terraform-provider-azapi",
    "-X github.com/Azure/terraform-provider-azapi/version.ProviderVersion={version}",
)


@dataclass(frozen=True)
class Peer:
    """The executables of the peer: `tofu`, and the folder that holds the provider."""

    tofu: Path
    provider: Path
    name: str


def build() -> Peer:
    """Give the peer, built if need be. Raises PeerUnavailable."""
    with only_one():
        tofu, provider = _built(_TOFU), _built(_AZAPI)
    name = f"OpenTofu {_TOFU.version} + azapi {_AZAPI.version}"
    return Peer(tofu / _TOFU.executable, provider, name)


def _built(part: _Part) -> Path:
    """The folder of a part in the cache."""
    folder = cache_folder() / f"{part.executable}-{part.version}"
    if (folder / part.executable).exists():
        return folder
    try:
        go = pulumi_build.find_go() or pulumi_build.install_go()
    except pulumi_build.BuildFailed as failure:
        raise PeerUnavailable(str(failure)) from None
    flags = f"-s -w {part.flags.format(version=part.version)}"
    settings = {"GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}
    progress = pulumi_build.Progress(f"Building {part.executable} {part.version} from its Go modules")
    with unfinished_folder() as unfinished:
        target = unfinished / part.executable
        command = [str(go), "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", str(target)]
        with subprocess.Popen(
            [*command, part.package],
            cwd=part.folder,
            env=os.environ | settings,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            try:
                progress.follow(process)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            words = " / ".join(progress.errors()) or "it said nothing"
            raise PeerUnavailable(f"go build of {part.executable} {part.version} failed: {words}")
        publish(unfinished, folder)
    return folder


if __name__ == "__main__":
    try:
        print(build())
    except PeerUnavailable as reason:
        sys.exit(f"the peer cannot be built: {reason}")
