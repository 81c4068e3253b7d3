"""The operating systems inside the machines: what is installed, what waits for a restart, what would be offered.

A Windows guest stands on one cumulative update (its ``base``) and, on the hotpatch track, on one hotpatch above it.
Which track that is, is decided by the KB of the base and nothing else: hotpatches fit only the newest baseline, any
other base gets the month's cumulative update until the next one. Source: Microsoft Learn, Enable hotpatch for Azure
Arc-enabled servers, 2025-10-30 (a machine "must be on exactly" the baseline's KB), and Hotpatch FAQ, 2023-04-18 (a
machine that left comes back with the next baseline).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from .guest_patches import Patch
from .guest_systems import System
from .linux_packages import LinuxPackages
from .patching_settings import PatchingSettings
from .windows_releases import PRODUCTS, WindowsReleases
from .windows_zones import iana_zone

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Waiting:
    """A cumulative update that is installed and takes effect with the next restart."""

    kb: str
    published: datetime


@dataclass(slots=True)
class Reboot:
    """A restart: when, by which activity (``""`` = somebody restarted the machine), and the patches that needed it."""

    at: datetime
    activity: str
    patches: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Guest:
    """One operating system.

    ``hotpatching`` is what the machine is set to; ``after`` is set once it was turned off: only a baseline published
    later than that instant (or than the instant it was turned on again) is a way back. ``settled`` is the instant up to
    which the daily assessments were looked at.
    """

    os_type: str
    line: str
    custom: bool
    zone: str
    created: datetime
    settled: datetime
    hotpatching: bool = False
    after: datetime | None = None
    base: str | None = None
    base_at: datetime = NEVER
    hotpatch_at: datetime = NEVER
    dotnet_at: datetime = NEVER
    definitions_at: datetime = NEVER
    packages: dict[str, datetime] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    reboot_pending: bool = False
    reboots: list[Reboot] = field(default_factory=list)
    offered: tuple[Patch, ...] | None = field(default=None, compare=False, metadata={"kept": False})
    offered_until: datetime = field(default=NEVER, compare=False, metadata={"kept": False})

    @property
    def tzinfo(self) -> ZoneInfo:
        """The machine's time zone."""
        return ZoneInfo(self.zone)


class Catalogue:
    """Everything that comes out, for all lines; made new from seed and settings whenever it is needed."""

    def __init__(self, seed: int, settings: PatchingSettings) -> None:
        self._seed, self._settings = seed, settings
        self._windows: dict[str, WindowsReleases] = {}
        self._linux: dict[str, LinuxPackages] = {}

    def windows(self, product: str) -> WindowsReleases | None:
        """Return the releases of a product, ``None`` for an unknown one."""
        if product not in self._windows and product in PRODUCTS:
            settings = self._settings
            self._windows[product] = WindowsReleases(
                product, seed=self._seed, release_time=settings.release_time, dotnet_share=settings.dotnet_share
            )
        return self._windows.get(product)

    def linux(self, distribution: str) -> LinuxPackages:
        """Return the packages of a distribution."""
        if distribution not in self._linux:
            self._linux[distribution] = LinuxPackages(distribution, seed=self._seed)
        return self._linux[distribution]

    def service(self, guest: Guest) -> str:
        """Return the guest's patchServiceUsed."""
        return "WU" if guest.os_type == "Windows" else self.linux(guest.line).service

    def install_image(self, guest: Guest, built: datetime, *, on_baseline: bool) -> None:
        """Give a new guest what an image built at ``built`` has; a hotpatch image stands on a baseline."""
        if guest.os_type == "Linux":
            guest.packages = {patch.name: patch.published for patch in self.linux(guest.line).newest(built)}
            return
        releases = self.windows(guest.line)
        if releases is None:
            return
        base = (releases.baseline(built) if on_baseline else None) or releases.cumulative(built)
        if base is not None:
            guest.base, guest.base_at = base.kb, base.published
        dotnet = releases.dotnet(built)
        guest.dotnet_at = NEVER if dotnet is None else dotnet.published

    def offers(self, guest: Guest, instant: datetime) -> tuple[Patch, ...]:
        """Return what an assessment at ``instant`` (not before the guest's last change) finds, in order of install."""
        if guest.offered is not None and instant < guest.offered_until:
            return guest.offered
        if guest.os_type == "Linux":
            packages = self.linux(guest.line)
            new = [each for each in packages.newest(instant) if each.published > guest.packages.get(each.name, NEVER)]
            guest.offered, guest.offered_until = tuple(new), packages.next_release(instant)
            return guest.offered
        releases = self.windows(guest.line)
        if releases is None:
            return ()
        newest = [
            *_cumulative_offers(guest, releases, instant),
            _newer(releases.dotnet(instant), guest.dotnet_at),
            _newer(releases.definition(instant), guest.definitions_at),
        ]
        guest.offered = tuple(patch for patch in newest if patch is not None)
        guest.offered_until = releases.next_release(instant)
        return guest.offered

    def is_on_track(self, guest: Guest, instant: datetime) -> bool:
        """Tell whether hotpatches fit the guest at ``instant``."""
        releases = self.windows(guest.line)
        return releases is not None and _on_track(guest, releases, instant)


def _newer(patch: Patch | None, installed: datetime) -> Patch | None:
    return patch if patch is not None and patch.published > installed else None


def _on_track(guest: Guest, releases: WindowsReleases, instant: datetime) -> bool:
    baseline = releases.baseline(instant) if guest.hotpatching else None
    return (
        baseline is not None and guest.base == baseline.kb and (guest.after is None or baseline.published > guest.after)
    )


def _cumulative_offers(guest: Guest, releases: WindowsReleases, instant: datetime) -> list[Patch | None]:
    level = max([guest.base_at, *(each.published for each in guest.waiting)])
    out_of_band = _newer(releases.out_of_band(instant), level)
    if _on_track(guest, releases, instant) and not guest.waiting:
        hotpatch = _newer(releases.hotpatch(instant), max(guest.hotpatch_at, guest.base_at))
        if out_of_band is not None and out_of_band.published <= guest.hotpatch_at:
            out_of_band = None
        return [hotpatch, out_of_band]
    cumulative = _newer(releases.cumulative(instant), level)
    if out_of_band is not None and cumulative is not None and out_of_band.published < cumulative.published:
        out_of_band = None
    return [cumulative, out_of_band]


def apply(guest: Guest, patch: Patch, *, restart: bool) -> None:
    """Install a patch; with ``restart`` it needs one, and a cumulative update takes effect only then."""
    guest.offered = None
    if patch.role in ("lcu", "oob"):
        guest.waiting.append(Waiting(patch.kb or "", patch.published))
    elif patch.role == "hotpatch":
        guest.hotpatch_at = patch.published
    elif patch.role == "dotnet":
        guest.dotnet_at = patch.published
    elif patch.role == "definition":
        guest.definitions_at = patch.published
    else:
        guest.packages[patch.name] = patch.published
    if restart:
        guest.reboot_pending = True
        guest.causes.append(patch.kb or patch.id)


def reboot(guest: Guest, at: datetime, activity: str = "") -> None:
    """Restart: what waited takes effect."""
    guest.offered = None
    for each in sorted(guest.waiting, key=lambda waiting: waiting.published):
        guest.base, guest.base_at, guest.hotpatch_at = each.kb, each.published, NEVER
    guest.reboots.append(Reboot(at, activity, guest.causes))
    guest.waiting, guest.causes, guest.reboot_pending = [], [], False


def set_hotpatching(guest: Guest, wanted: bool, at: datetime) -> None:
    """Turn hotpatching on or off. Turned on for the first time, the guest's base decides; later, the next baseline."""
    if guest.hotpatching != wanted:
        guest.offered = None
        guest.hotpatching = wanted
        if not wanted or guest.after is not None:
            guest.after = at


def new_guest(system: System, windows_zone: str | None, created: datetime) -> Guest:
    """Return a guest as it is before an image is put on it; its time zone is UTC where none is given."""
    zone = iana_zone(windows_zone) if windows_zone else None
    return Guest(system.os_type, system.line, system.custom, zone or "UTC", created, created)
