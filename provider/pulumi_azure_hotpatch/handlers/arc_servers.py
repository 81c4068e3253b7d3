"""Arc-enabled servers as the handlers about them see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pulumi_azure_hotpatch.engine.arc import ArcServer
from pulumi_azure_hotpatch.engine.bodies import object_at, properties_of
from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, PatchSettings
from pulumi_azure_hotpatch.engine.inventory import arc_server_from_arm, os_kind, settings_from_arm
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, Maybe
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Body, Context

LICENSE_TAIL = "/licenseProfiles/default"


@dataclass(frozen=True, slots=True)
class OwnedArcServer(ArcServer):
    """An Arc-enabled server whose patch fields can be exchanged."""

    settings: PatchSettings = field(default_factory=PatchSettings)

    @staticmethod
    def of(body: Body) -> OwnedArcServer:
        """A server from its ARM body. What only the guest knows stays unknown: Azure does not show it."""
        found = arc_server_from_arm(body)
        configuration = object_at(
            object_at(properties_of(body), "osProfile"), f"{os_kind(body) or 'windows'}Configuration"
        )
        facts: dict[str, Any] = {name: getattr(found, name) for name in ArcServer.__dataclass_fields__}
        facts |= {"secure_boot": UNKNOWN, "vbs_status": UNKNOWN}
        return OwnedArcServer(**facts, settings=settings_from_arm(object_at(configuration, "patchSettings")))

    @staticmethod
    def unseen(id: Maybe[str]) -> OwnedArcServer:
        """A server of which nothing but (perhaps) its id is known."""
        unknown = PatchSettings(**dict.fromkeys(PATCH_FIELDS, UNKNOWN))
        return OwnedArcServer(id=id, secure_boot=UNKNOWN, vbs_status=UNKNOWN, settings=unknown)

    def with_settings(self, wanted: Mapping[str, Any]) -> OwnedArcServer:
        """This server after the given patch fields were written."""
        own = {name: wanted[name] for name in ("enable_hotpatching", "assessment_mode") if name in wanted}
        return replace(self, settings=replace(self.settings, **wanted), **own)


def server_body(ctx: Context, machine: ResourceId, *, fresh: bool) -> Body | None:
    """The server's body with its licence profile in it, which the service does not always send along."""
    body = ctx.arc.get(machine, fresh=fresh)
    if body is None or object_at(properties_of(body), "licenseProfile"):
        return body
    profile = ctx.arc.get_license_profile(machine)
    if profile is None:
        return body
    return {**body, "properties": {**properties_of(body), "licenseProfile": properties_of(profile)}}


def location_of(body: Body) -> str | None:
    """Where the server is."""
    location = body.get("location")
    return str(location) if location else None
