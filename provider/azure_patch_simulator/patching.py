"""The guests of a simulator: made when they are first needed, followed as machines are written and restarted.

Daily assessments are no events. An assessment changes nothing in the guest and only the latest one is kept, so the
last one that fell due is worked out when somebody looks, or just before something changes: a year of ten thousand
machines costs nothing, and what is seen is the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import guests, image_support
from .chance import fraction
from .guest_patches import Patch
from .guest_systems import System
from .guests import Catalogue, Guest
from .machine_rules import is_hotpatch_image
from .machine_settings import (
    MACHINE_TYPES,
    choices_of,
    is_arc,
    is_running,
    system_inside,
    wants_hotpatches,
)
from .patch_failures import FailureKind, PatchFailure, strike
from .patch_records import Assessment
from .patching_settings import PatchingSettings
from .resources import Body, Resource

if TYPE_CHECKING:
    from .simulator import Simulator

_DAY = timedelta(days=1)


class Patching:
    """What the simulator knows of guests, and the chances it draws for them."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._world = simulator.world
        self.seed = simulator.identifiers.seed
        self._catalogue: Catalogue | None = None
        self._world.patch_records.settle = self.settle_all
        self._world.patch_records.settings = lambda: self.settings

    @property
    def settings(self) -> PatchingSettings:
        """The switches of patching."""
        return self._world.settings.patching

    @property
    def catalogue(self) -> Catalogue:
        """What comes out. Settings that shape it count from its first use on."""
        if self._catalogue is None:
            self._catalogue = Catalogue(self.seed, self.settings)
        return self._catalogue

    def guest_of(self, machine: Resource) -> Guest:
        """Return the guest of a machine."""
        guest = self._world.guests.get(machine.id.lower())
        return guest if guest is not None else self._new_guest(machine)

    def guest(self, machine_id: str) -> Guest:
        """Return the guest of a machine by the machine's id. Raises ``KeyError`` when there is no such machine."""
        machine = self._world.resources.get(machine_id)
        if machine is None:
            raise KeyError(machine_id)
        return self.before_change(machine)

    def fail(
        self,
        kind: FailureKind,
        *,
        machine: str = "",
        patch: str = "*",
        times: int | None = 1,
        code: str | None = None,
        message: str | None = None,
    ) -> PatchFailure:
        """Let something go wrong from now on, ``times`` times; see ``PatchFailure`` for what the rest means."""
        failure = PatchFailure(kind, self._simulator.clock.now(), machine, patch, times, code, message)
        self._world.patch_failures.append(failure)
        return failure

    def _new_guest(self, machine: Resource) -> Guest:
        created = max(machine.created, self._world.born or machine.created)
        system = system_inside(machine, self.settings.images)
        guest = guests.new_guest(system, choices_of(machine).time_zone, created)
        on_baseline = system.line == "ws2025" if is_arc(machine) else is_hotpatch_image(machine.body)
        self.catalogue.install_image(guest, created - self.settings.image_age, on_baseline=on_baseline)
        guest.hotpatching = wants_hotpatches(machine, self._world.resources)
        self._world.guests[machine.id.lower()] = guest
        return guest

    def offers(self, machine: Resource, instant: datetime) -> tuple[Patch, ...]:
        """Return what could be installed; nothing where the system is not supported."""
        if self.support_of(machine) != image_support.SUPPORTED:
            return ()
        return self.catalogue.offers(self.guest_of(machine), instant)

    def support_of(self, machine: Resource) -> str:
        """Return the support state an operation on the machine finds."""
        guest = self.guest_of(machine)
        system = System(guest.os_type, guest.line, guest.custom)
        return image_support.detect(system, has_agent=choices_of(machine).has_agent)

    def decide_support(self, machine: Resource) -> None:
        """Note the support state: every update operation does, not only an assessment."""
        records, key = self._world.patch_records, machine.id.lower()
        records.support[key] = self.support_of(machine)
        records.found_out.setdefault(key, self._simulator.clock.now())

    def before_change(self, machine: Resource) -> Guest:
        """Bring a machine's lazy records up to now; to be called before its settings, power or patches change."""
        guest = self.guest_of(machine)
        self._settle(machine, guest)
        return guest

    def after_write(self, machine: Resource) -> None:
        """Take note of settings that were written."""
        guest = self.guest_of(machine)
        guests.set_hotpatching(guest, wants_hotpatches(machine, self._world.resources), self._simulator.clock.now())

    def forget(self, machine_id: str) -> None:
        """Forget the guest of a machine that is gone."""
        self._world.guests.pop(machine_id.lower(), None)
        self._world.patch_records.forget(machine_id)
        self._world.tombstones[machine_id.lower()] = self._simulator.clock.now()

    def settle_all(self) -> None:
        """Bring the lazy records of all machines up to now."""
        for subscription in self._world.subscriptions.values():
            for machine_type in MACHINE_TYPES:
                for machine in self._world.resources.of_type(machine_type, subscription=subscription.id):
                    if choices_of(machine).assessment_mode == "AutomaticByPlatform":
                        self._settle(machine, self.guest_of(machine))

    def _settle(self, machine: Resource, guest: Guest) -> None:
        now = self._simulator.clock.now()
        since, guest.settled = guest.settled, now
        choices = choices_of(machine)
        if choices.assessment_mode != "AutomaticByPlatform" or not choices.has_agent or not is_running(machine):
            return
        interval = self.settings.assessment_interval
        phase = timedelta(seconds=int(self.draw("assessment", machine) * interval.total_seconds()))
        due = now - (now - guest.created - phase) % interval
        if since < due and "patchOperation" not in machine.facts:
            self.record_assessment(machine, due, started_by="Platform")

    def record_assessment(
        self, machine: Resource, instant: datetime, *, started_by: str, activity: str | None = None
    ) -> Assessment:
        """Write down an assessment that is over at ``instant``."""
        guest = self.guest_of(machine)
        self.decide_support(machine)
        assessment = Assessment(
            activity=activity or self._simulator.identifiers.fixed(f"assessment/{machine.id.lower()}/{instant}"),
            started=instant,
            ends=instant,
            status="Succeeded",
            started_by=started_by,
            os_type=guest.os_type,
            service=self.catalogue.service(guest),
            reboot_pending=guest.reboot_pending,
            patches=self.offers(machine, instant),
        )
        failure = self.failure("assessment", machine, instant)
        if failure is not None:
            assessment.status, assessment.patches = "Failed", ()
            assessment.error = error_object(guest.os_type, failure)
        self._world.patch_records.assessments[machine.id.lower()] = assessment
        return assessment

    def failure(self, kind: FailureKind, machine: Resource, instant: datetime, patch: str = "") -> PatchFailure | None:
        """Return what goes wrong here: scripted first, then drawn."""
        world = self._world
        scripted = strike(world.patch_failures, kind, machine.id, instant, patch) if world.patch_failures else None
        if scripted is not None:
            return scripted
        share = {
            "patch": self.settings.patch_failure_share,
            "reboot": self.settings.reboot_failure_share,
            "assessment": self.settings.assessment_failure_share,
            "health": self.settings.unhealthy_share,
        }.get(kind, 0.0)
        if share <= 0 or self.draw(kind, machine, instant, patch) >= share:
            return None
        return PatchFailure(kind, instant, code=f"SimulatorDrawn{kind.capitalize()}", message="Drawn from the seed.")

    def lasting(self, usual: timedelta, *names: object) -> timedelta:
        """Return how long something takes: half to one and a half times as long as usual, in whole seconds."""
        return timedelta(seconds=round(usual.total_seconds() * (0.5 + self.draw("duration", *names))))

    def draw(self, *names: object) -> float:
        """Return a number from 0 to 1 for these names; a machine counts by its id."""
        words = (name.id.lower() if isinstance(name, Resource) else name for name in names)
        return fraction(self.seed, *words)


def no_error(os_type: str) -> Body:
    """Return the ``error`` of a success, which is not null. Source: recorded traffic."""
    if os_type == "Windows":
        return {"details": [], "code": "Success", "message": "0 error/s reported"}
    return {"details": [], "code": "0", "message": "0 error/s reported."}


def error_object(os_type: str, *failures: PatchFailure) -> Body:
    """Return the ``error`` of a failure: at most five details of at most 128 characters.

    Source: Azure/LinuxPatchExtension at 488ab8ea; what Windows puts into ``code`` was not seen.
    """
    details = [
        {"code": each.code or "SimulatorFailure", "message": (each.message or "Scripted.")[:128], "details": []}
        for each in failures[:5]
    ]
    text = f"{len(failures)} error/s reported. The latest {len(details)} error/s are shared in detail."
    return {"details": details, "code": "1" if os_type == "Linux" else "SimulatorFailure", "message": text}
