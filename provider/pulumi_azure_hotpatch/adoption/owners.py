"""The patch settings and hotpatch licences that were found, judged as the handlers judge what declares them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from pulumi_azure_hotpatch.engine.bodies import Body, object_at, properties_of
from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS
from pulumi_azure_hotpatch.handlers import (
    arc_hotpatch_license,
    arc_machine_patch_settings,
    scale_set_patch_settings,
    virtual_machine_patch_settings,
)
from pulumi_azure_hotpatch.handlers.arc_servers import OwnedArcServer
from pulumi_azure_hotpatch.handlers.owning import OwningHandler
from pulumi_azure_hotpatch.models.arc_hotpatch_license import ArcHotpatchLicenseInputs
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.observing.values import error_of

from .declared import Declared, declared, name_of, refusal


def machine_settings(body: Body) -> Iterator[Declared]:
    """The patch settings of a VM, where there are any."""
    handler = virtual_machine_patch_settings.HANDLER
    return _settings("VirtualMachinePatchSettings", body, handler, handler.facts_of(body))


def scale_set_settings(body: Body) -> Iterator[Declared]:
    """The patch settings of a scale set, where there are any."""
    handler = scale_set_patch_settings.HANDLER
    return _settings("ScaleSetPatchSettings", body, handler, handler.facts_of(body))


def server_settings(body: Body, *, compute_registered: bool) -> Iterator[Declared]:
    """The patch settings of an Arc-enabled server, where there are any."""
    handler = arc_machine_patch_settings.HANDLER
    server = replace(handler.facts_of(body), compute_registered=compute_registered)
    return _settings("ArcMachinePatchSettings", body, handler, server)


def server_license(body: Body) -> Iterator[Declared]:
    """The hotpatch licence of an Arc-enabled server, where its profile has one, on or off."""
    profile = {"properties": object_at(properties_of(body), "licenseProfile")}
    feature = arc_hotpatch_license.hotpatch_feature(profile)
    if not feature:
        return
    id, status = str(body["id"]), feature.get("subscriptionStatus")
    enabled = next((one for one in (True, False) if arc_hotpatch_license.is_as_wanted(status, one)), None)
    arguments = {"machine_id": id, **({} if enabled else {"enabled": False})}
    made = declared("ArcHotpatchLicense", id, arguments, ArcHotpatchLicenseInputs)
    if enabled is None:
        why = error_of(feature)
        stands = f"{status} ({why})" if why else str(status)
        reason = f"its hotpatch licence is {stands}, neither on nor off: whatever declares it writes it"
        made = replace(made, arguments={"machine_id": id}, reason=reason)
    elif made.reason is None:
        draft = Draft.of(ArcHotpatchLicenseInputs.model_validate(arguments))
        made = replace(made, reason=refusal(arc_hotpatch_license.HANDLER.findings_on(OwnedArcServer.of(body), draft)))
    yield made


def _settings(kind: str, body: Body, handler: OwningHandler[Any, Any, Any], owner: Any) -> Iterator[Declared]:
    id, given, remarks = str(body["id"]), owner.settings.as_given(), []
    fields: dict[str, Any] = {}
    for name in PATCH_FIELDS:
        if name not in given:
            continue
        value = given[name]
        try:
            handler.inputs.model_validate({handler.id_field: id, name: value})
        except ValidationError:
            remarks.append(f"{name} is {value}, which cannot be declared")
        else:
            fields[name] = value
    if fields:
        reason = refusal(handler.findings_on(owner, fields))
    elif remarks:
        reason = "nothing of its patch settings can be declared"
    else:
        return
    yield Declared(id, kind, name_of(id), {handler.id_field: id, **fields}, reason, tuple(remarks))
