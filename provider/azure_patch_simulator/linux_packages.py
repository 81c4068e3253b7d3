"""A small universe of Linux packages: enough kinds to select by, to restart for, and to leave out.

Names are real, versions and dates are this simulator's own (``2026.11-1``): no source says what came out when.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .chance import fraction
from .guest_patches import ALWAYS_REBOOTS, CRITICAL, NEVER_REBOOTS, OTHER, SECURITY, Patch

FIRST_YEAR = 2021
SERVICES = {"ubuntu": "APT", "debian": "APT", "rhel": "YUM", "centos": "YUM", "oracle": "YUM", "sles": "Zypper"}
LABELS = {
    "ubuntu": "Ubuntu",
    "debian": "Debian",
    "rhel": "RedHat",
    "centos": "CentOS",
    "oracle": "Oracle",
    "sles": "SLES",
}


@dataclass(frozen=True, slots=True)
class _Package:
    apt: str
    rpm: str
    classification: str
    share: float
    restarts: bool = False


_PACKAGES = (
    _Package("linux-image-azure", "kernel", SECURITY, 0.9, restarts=True),
    _Package("libc6", "glibc", SECURITY, 0.15, restarts=True),
    _Package("openssl", "openssl", SECURITY, 0.4),
    _Package("openssh-server", "openssh-server", CRITICAL, 0.2),
    _Package("sudo", "sudo", CRITICAL, 0.15),
    _Package("curl", "curl", SECURITY, 0.4),
    _Package("python3", "python3", SECURITY, 0.3),
    _Package("systemd", "systemd", OTHER, 0.4),
    _Package("tzdata", "tzdata", OTHER, 0.3),
    _Package("vim", "vim-enhanced", OTHER, 0.4),
)


class LinuxPackages:
    """The package versions of one distribution (``ubuntu-24.04``, ``rhel-9``) as seen at any instant."""

    def __init__(self, distribution: str, *, seed: int) -> None:
        self.distribution = distribution
        self._family = distribution.split("-", 1)[0]
        self._seed = seed
        self._grown_to = FIRST_YEAR
        self._versions: dict[str, tuple[list[datetime], list[Patch]]] = {}
        self._instants: list[datetime] = []

    @property
    def service(self) -> str:
        """The patchServiceUsed."""
        return SERVICES.get(self._family, "Unknown")

    def newest(self, instant: datetime) -> list[Patch]:
        """Return the newest version of each package that is out."""
        self._grow(instant)
        found = []
        for instants, patches in self._versions.values():
            at = bisect_right(instants, instant)
            if at:
                found.append(patches[at - 1])
        return found

    def next_release(self, instant: datetime) -> datetime:
        """Return when something new comes out after ``instant``."""
        self._grow(instant)
        return self._instants[bisect_right(self._instants, instant)]

    def _grow(self, instant: datetime) -> None:
        while self._grown_to <= instant.year + 1:
            for month in range(1, 13):
                for package in _PACKAGES:
                    self._release(package, self._grown_to, month)
            self._instants.sort()
            self._grown_to += 1

    def _release(self, package: _Package, year: int, month: int) -> None:
        name = package.apt if self.service == "APT" else package.rpm
        if fraction(self._seed, self.distribution, name, year, month) >= package.share:
            return
        hours = int(fraction(self._seed, self.distribution, name, year, month, "hour") * 27 * 24)
        published = datetime(year, month, 1, tzinfo=UTC) + timedelta(hours=hours)
        version = f"{year}.{month:02}-1"
        patch = Patch(
            f"{name}_{version}_{self._label()}",
            name,
            (package.classification,),
            published,
            ALWAYS_REBOOTS if package.restarts else NEVER_REBOOTS,
            version=version,
        )
        instants, patches = self._versions.setdefault(name, ([], []))
        instants.append(published)
        patches.append(patch)
        self._instants.append(published)

    def _label(self) -> str:
        family, _, release = self.distribution.partition("-")
        return f"{LABELS.get(family, family.capitalize())}_{release}" if release else LABELS.get(family, family)
