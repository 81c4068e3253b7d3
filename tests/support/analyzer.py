"""The real analyzer (`python -m pulumi.policy`) as the engine speaks to it, without the CLI.

`Analyzer(pack)` starts the process on a pack's folder and asks it about resources. Bags go over the wire: every number
becomes a float, `UNKNOWN` stands for a value that is not known yet.
"""

import os
import selectors
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import grpc
from google.protobuf import empty_pb2, json_format
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import proxy

UNKNOWN = proxy.UNKNOWN_STRING_VALUE
"""On the wire: a value that is not known yet."""

PATIENCE_SECONDS = 60
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
LEVELS: Mapping[str, Any] = {
    "advisory": analyzer_pb2.ADVISORY,
    "mandatory": analyzer_pb2.MANDATORY,
    "remediate": analyzer_pb2.REMEDIATE,
    "disabled": analyzer_pb2.DISABLED,
}
_NAMES = {number: name for name, number in LEVELS.items()}


IN_SUBSCRIPTION: Mapping[str, Any] = {"subscriptionId": SUBSCRIPTION}
"""What a provider is told that does not leave the subscription to whoever signs in."""


@dataclass(frozen=True)
class Resource:
    """A resource of a program: `depends_on` names, by input, the URNs that it comes from.

    `provider` holds what its provider is configured with.
    """

    type: str
    properties: Mapping[str, Any]
    name: str = "one"
    depends_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    provider: Mapping[str, Any] = field(default_factory=lambda: IN_SUBSCRIPTION)

    @property
    def urn(self) -> str:
        """Its URN in the stack `dev` of the project `contoso`."""
        return f"urn:pulumi:dev::contoso::{self.type}::{self.name}"


@dataclass(frozen=True)
class Violation:
    """What a policy says against a resource or a stack."""

    policy: str
    level: str
    message: str
    urn: str


class Analyzer:
    """One process with one pack. Use it as a context."""

    def __init__(self, pack: Path, environment: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(pack)]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        channel = grpc.insecure_channel(f"127.0.0.1:{self._port()}")
        self._channel = channel
        self._stub = analyzer_pb2_grpc.AnalyzerStub(channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self._process.kill()
        self._process.communicate()

    def _port(self) -> int:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(PATIENCE_SECONDS):
                self._process.kill()
                raise AssertionError("the analyzer printed no port")
        line = self._process.stdout.readline()
        if not line.strip().isdecimal():
            self._process.kill()
            raise AssertionError(f"the analyzer did not start: {line}{self._process.stderr.read()}")
        return int(line)

    def info(self) -> Any:
        """What the pack says of itself and its policies."""
        return self._stub.GetAnalyzerInfo(empty_pb2.Empty(), timeout=PATIENCE_SECONDS)

    def configure(self, levels: Mapping[str, str], **properties: Mapping[str, Any]) -> None:
        """Set the levels of policies; all others keep the pack's. `properties` is by policy, `_` for `-`."""
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        for name, level in levels.items():
            config = request.policyConfig[name]
            config.enforcementLevel = LEVELS[level]
            config.properties.update(dict(properties.get(name.replace("-", "_"), {})))
        self._stub.Configure(request, timeout=PATIENCE_SECONDS)

    def analyze(self, resource: Resource) -> list[Violation]:
        """What the policies say of one resource."""
        answer = self._stub.Analyze(_request(resource), timeout=PATIENCE_SECONDS)
        return [_violation(one) for one in answer.diagnostics]

    def remediate(self, resource: Resource) -> dict[str, Mapping[str, Any]]:
        """The inputs that each policy at level `remediate` writes, by policy."""
        answer = self._stub.Remediate(_request(resource), timeout=PATIENCE_SECONDS)
        assert not [one.diagnostic for one in answer.remediations if one.diagnostic]
        return {one.policyName: json_format.MessageToDict(one.properties) for one in answer.remediations}

    def analyze_stack(self, resources: Iterable[Resource]) -> list[Violation]:
        """What the policies say of a whole stack."""
        request = analyzer_pb2.AnalyzeStackRequest(resources=[_member(one) for one in resources])
        answer = self._stub.AnalyzeStack(request, timeout=10 * PATIENCE_SECONDS)
        return [_violation(one) for one in answer.diagnostics]


def _bag(properties: Mapping[str, Any]) -> Struct:
    bag = Struct()
    bag.update(dict(properties))
    return bag


def _provider(resource: Resource) -> Any:
    package = resource.type.split(":", 1)[0]
    return analyzer_pb2.AnalyzerProviderResource(
        type=f"pulumi:providers:{package}", properties=_bag(resource.provider), name="default"
    )


def _request(resource: Resource) -> Any:
    return analyzer_pb2.AnalyzeRequest(
        type=resource.type,
        properties=_bag(resource.properties),
        urn=resource.urn,
        name=resource.name,
        provider=_provider(resource),
    )


def _member(resource: Resource) -> Any:
    depends_on = {
        name: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns) for name, urns in resource.depends_on.items()
    }
    return analyzer_pb2.AnalyzerResource(
        type=resource.type,
        properties=_bag(resource.properties),
        urn=resource.urn,
        name=resource.name,
        provider=_provider(resource),
        propertyDependencies=depends_on,
    )


def _violation(one: Any) -> Violation:
    return Violation(one.policyName, _NAMES[one.enforcementLevel], one.message, one.urn)
