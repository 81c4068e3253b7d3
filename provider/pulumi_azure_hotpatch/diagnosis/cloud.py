"""Configuration, endpoint, clock, sign-in, subscription, registrations, permissions: everything that Azure answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any, Final

from pulumi_azure_hotpatch.arm.access import reach, sign_in
from pulumi_azure_hotpatch.arm.azure import Azure, over
from pulumi_azure_hotpatch.arm.clouds import Cloud, find_cloud
from pulumi_azure_hotpatch.arm.credentials import OneAtATime, make_credential
from pulumi_azure_hotpatch.arm.transport import pooled_transport
from pulumi_azure_hotpatch.engine.declared import ENROLMENT, Declared
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.permissions import Need, Permission, Place, is_allowed, needs
from pulumi_azure_hotpatch.errors import HotpatchError
from pulumi_azure_hotpatch.host.settings import Configuration
from pulumi_azure_hotpatch.ports import Clock

from .check import Check

LARGEST_SKEW: Final = timedelta(minutes=5)
"""Beyond it Entra ID refuses client assertions and tokens look expired. Source: Microsoft Learn, Microsoft Entra
authentication and authorization error codes (AADSTS700024)."""

_ROLES: Final = (
    "assign a role that has it, such as Virtual Machine Contributor (Azure Connected Machine Resource Administrator "
    "for Arc, Scheduled Patching Contributor for dynamic scopes)"
)


def examine(
    configuration: Configuration, clock: Clock, stack: Sequence[Declared], sources: Mapping[str, str]
) -> Iterator[Check]:
    """All checks from the endpoint on; what cannot be asked for want of an earlier one is one line of `unknown`.

    `sources` says where each configured `azure-native` key has its value from.
    """
    reached = tuple(endpoint(configuration, clock))
    yield from reached
    if reached[0].verdict == "fail":
        yield Check("azure", "unknown", "not asked: the endpoint does not answer", "mend the endpoint first")
        return
    cloud = find_cloud(configuration.connection)
    transport = pooled_transport(clock, configuration.connection.ca_file)
    with closing(transport.session):
        try:
            credential = OneAtATime(make_credential(configuration.connection, cloud, transport))
        except HotpatchError as error:
            yield Check("credentials", "fail", str(error), "correct this value")
            return
        signed_in = credential_check(credential, cloud, sources)
        yield signed_in
        if signed_in.verdict == "fail":
            yield Check("azure", "unknown", "not asked: nobody is signed in", "mend the credentials first")
            return
        azure, subscription_id = over(cloud, credential, transport, clock), configuration.settings.subscription_id
        subscription = subscription_check(azure, subscription_id)
        yield subscription
        if subscription.verdict == "ok" and subscription_id is not None:
            yield from registrations(azure, stack, subscription_id)
        yield from permission_checks(azure, stack, subscription_id)


def endpoint(configuration: Configuration, clock: Clock) -> Iterator[Check]:
    """The cloud's name, whether its Resource Manager answers, and whether the clocks agree."""
    try:
        cloud = find_cloud(configuration.connection)
        answered = reach(cloud.resource_manager, configuration.connection.ca_file)
    except HotpatchError as error:
        fix = "check azure-native:environment (or ARM_ENVIRONMENT), the proxy and the firewall"
        yield Check("endpoint", "fail", str(error), fix)
        yield Check("clock", "unknown", "nothing answered that could tell the time", "mend the endpoint first")
        return
    yield Check("endpoint", "ok", f"{cloud.resource_manager} answers in {answered.seconds * 1000:.0f} ms")
    if configuration.clock == "endpoint":
        yield Check("clock", "ok", "the endpoint's simulated clock counts")
    elif answered.date is None:
        yield Check("clock", "unknown", "the endpoint does not tell its time", "compare this machine's clock by hand")
    else:
        skew = abs(clock.now() - answered.date)
        found = f"{skew.total_seconds():.0f} s from the endpoint's"
        late = skew > LARGEST_SKEW
        fix = "set this machine's clock: tokens are refused otherwise"
        yield Check("clock", "fail", found, fix) if late else Check("clock", "ok", found)


def credential_check(credential: OneAtATime, cloud: Cloud, sources: Mapping[str, str]) -> Check:
    """Whose token it is, and where the configuration of it came from; no value that may be secret is shown."""
    come = ", ".join(f"{key} from {source}" for key, source in sources.items()) or "nothing configured"
    try:
        identity = sign_in(credential, cloud.scope)
    except HotpatchError as error:
        fix = "set ARM_CLIENT_ID, ARM_CLIENT_SECRET and ARM_TENANT_ID, or sign in with az login"
        return Check("credentials", "fail", f"{error} ({come})", fix)
    found = f"{identity.credential} as {identity.name} in tenant {identity.tenant} ({come})"
    return Check("credentials", "ok", found)


def subscription_check(azure: Azure, subscription_id: str | None) -> Check:
    """Whether the subscription is there and usable."""
    if subscription_id is None:
        fix = "set azure-native:subscriptionId, or ARM_SUBSCRIPTION_ID"
        return Check("subscription", "fail", "none is configured", fix)
    try:
        body = azure.access.subscription(subscription_id)
    except HotpatchError as error:
        fix = "check the id, and that the identity has a role in it"
        return Check("subscription", "fail", str(error), fix)
    state, name = str(body.get("state", "unknown")), body.get("displayName", "")
    if state.casefold() != "enabled":
        return Check("subscription", "fail", f"{subscription_id} ({name}) is {state}", "enable it again in the portal")
    return Check("subscription", "ok", f"{subscription_id} ({name}) is enabled")


def registrations(azure: Azure, stack: Sequence[Declared], subscription_id: str) -> Iterator[Check]:
    """The resource providers and preview features that the resources of a stack need; without a stack the usual
    providers.
    """
    for namespace in _namespaces(stack):
        try:
            state = azure.features.provider_state(subscription_id, namespace)
        except HotpatchError as error:
            yield Check(f"provider {namespace}", "unknown", str(error), "ask somebody who may read it")
            continue
        fix = f"az provider register --namespace {namespace} --subscription {subscription_id}"
        name = f"provider {namespace}"
        match state.casefold():
            case "registered":
                yield Check(name, "ok", state)
            case "registering":
                yield Check(name, "warn", state, "wait for it")
            case _:
                yield Check(name, "fail", state, fix)
    for one in stack:
        if one.kind == ENROLMENT:
            yield from _features(azure, one, subscription_id)


def permission_checks(azure: Azure, stack: Sequence[Declared], subscription_id: str | None) -> Iterator[Check]:
    """Each action that the resources need and the identity has not, a line; one line for each place that is fine."""
    wanted: dict[Place, list[Need]] = {}
    for need in needs(stack, subscription_id):
        wanted.setdefault(need.place, []).append(need)
    if not wanted:
        what = "no resources are given, or none with a known place"
        yield Check("permissions", "unknown", what, "give a preview: pulumi preview --json | azure-hotpatch doctor -")
    for place, found in wanted.items():
        yield from _permissions_in(azure, place, found)


def _permissions_in(azure: Azure, place: Place, found: Sequence[Need]) -> Iterator[Check]:
    if place.group is None:
        actions = ", ".join(need.action for need in found)
        what = f"needed in {place.subscription_id}: {actions}; Azure documents no way to ask for a whole subscription"
        yield Check("permissions", "unknown", what, "look at the identity's roles in the portal (Access control)")
        return
    name = f"permissions in {place.group}"
    try:
        permissions: Sequence[Permission] = azure.access.permissions(place.subscription_id, place.group)
    except HotpatchError as error:
        yield Check(name, "unknown", str(error), "create the group first, or ask somebody who may read it")
        return
    missing = [need for need in found if not is_allowed(need.action, permissions)]
    for need in missing:
        yield Check(name, "fail", f"{need.action} is missing, for {', '.join(need.resources)}", _ROLES)
    if not missing:
        yield Check(name, "ok", f"all {len(found)} actions that the resources need")


def _features(azure: Azure, one: Declared, subscription_id: str) -> Iterator[Check]:
    namespace, own = one.text("namespace") or "Microsoft.Compute", one.text("subscriptionId") or subscription_id
    declared: Any = one.inputs.get("features")
    for feature in () if declared is UNKNOWN or declared is None else declared:
        name = f"feature {namespace}/{feature}"
        try:
            state = azure.features.state(own, namespace, str(feature))
        except HotpatchError as error:
            yield Check(name, "unknown", str(error), "ask somebody who may read it")
            continue
        match (state or "").casefold():
            case "registered":
                yield Check(name, "ok", "Registered")
            case "":
                yield Check(name, "fail", "unknown to Azure", "take it out, or correct its name")
            case "pending":
                yield Check(name, "fail", "Pending: Microsoft approves it by hand", "ask for it, then run up again")
            case _:
                yield Check(name, "warn", str(state), "pulumi up registers it and waits")


def _namespaces(stack: Sequence[Declared]) -> tuple[str, ...]:
    kinds = {one.kind for one in stack}
    arc = any(kind.startswith("Arc") for kind in kinds)
    texts = " ".join(str(value) for one in stack for value in one.inputs.values() if isinstance(value, str)).casefold()
    usual = ("Microsoft.Compute", "Microsoft.Maintenance")
    return (*usual, "Microsoft.HybridCompute") if arc or "/microsoft.hybridcompute/" in texts else usual
