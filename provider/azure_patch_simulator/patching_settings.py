"""How guests are patched: durations, reserves, chances, and the rhythm of the platform's own work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(slots=True)
class PatchingSettings:
    """The switches of patching. Where a source is named, the default is its figure; all others are this simulator's.

    Guests: ``image_age`` is how old an image is when a machine is made of it (nothing newer is installed);
    ``release_time`` is the time of day, UTC, at which a release that has only a date comes out; ``images`` says what is
    inside a custom image: a part of its id, in lower case -> ``ws2019``, ``ubuntu-22.04``, ``rhel-8`` … or ``unknown``.

    Time: how long things take, times 0.5 to 1.5 by the seed. ``default_duration`` stands in for a maximumDuration that
    is not given. Reserves: what must be left of the duration before the next update starts – Windows 15 minutes, 20 for
    a service pack, and 10 for the restart (Microsoft Learn, Update Manager, troubleshoot, 2024-09-11); Linux 5 and 15
    (Azure/LinuxPatchExtension at 488ab8ea).

    Chance (shares of 0 to 1): ``dotnet_share`` of months bring a .NET update; ``optional_reboot_share`` of installs of
    an update that can request a restart do so; the rest are failures per patch, restart, assessment, installation.

    Platform: ``automatic_patching`` false keeps the platform from patching by itself. ``assessment_interval``: 24 hours
    (Microsoft Learn, assessment options). ``off_peak_opens`` (the machine's local time) and ``off_peak_lasts``: no
    source gives the hours. ``sweep_interval``: "every few days" (Microsoft Learn, automatic VM guest patching).
    ``stop_share``: a rollout stops when more of a phase fail than that. ``recreated_for``: a machine made again under
    its old name cannot run schedules for 8 to 12 hours (Microsoft Learn, troubleshoot maintenance configurations).
    ``announced_before`` and ``cancellable_before`` a run: 40 and 10 minutes (Microsoft Learn, pre and post events,
    2024-07-24).

    Resource Graph: how long it takes is documented nowhere, so nothing does by default. ``support_delay``: for this
    long after the first operation that found it out, the support state of a machine still reads Unknown.
    ``installations_lag``: how far the table of installations is behind what happens.
    """

    image_age: timedelta = timedelta(days=30)
    release_time: timedelta = timedelta(hours=18)
    images: dict[str, str] = field(default_factory=dict)

    assessment_time: timedelta = timedelta(minutes=2)
    windows_patch_time: timedelta = timedelta(minutes=10)
    package_time: timedelta = timedelta(seconds=30)
    reboot_time: timedelta = timedelta(minutes=5)
    default_duration: timedelta = timedelta(hours=4)

    windows_reserve: timedelta = timedelta(minutes=15)
    service_pack_reserve: timedelta = timedelta(minutes=20)
    windows_reboot_reserve: timedelta = timedelta(minutes=10)
    linux_reserve: timedelta = timedelta(minutes=5)
    linux_reboot_reserve: timedelta = timedelta(minutes=15)

    dotnet_share: float = 0.5
    optional_reboot_share: float = 0.1
    patch_failure_share: float = 0.0
    reboot_failure_share: float = 0.0
    assessment_failure_share: float = 0.0
    unhealthy_share: float = 0.0

    automatic_patching: bool = True
    assessment_interval: timedelta = timedelta(hours=24)
    off_peak_opens: timedelta = timedelta(hours=22)
    off_peak_lasts: timedelta = timedelta(hours=8)
    sweep_interval: timedelta = timedelta(days=3)
    stop_share: float = 0.2
    recreated_for: timedelta = timedelta(hours=8)
    announced_before: timedelta = timedelta(minutes=40)
    cancellable_before: timedelta = timedelta(minutes=10)

    support_delay: timedelta = timedelta(0)
    installations_lag: timedelta = timedelta(0)
