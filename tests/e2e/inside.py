"""A simulated Azure that a test may also look into and turn: guests, settings, the calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

from demo import Azure


class OpenAzure(Azure):
    """As `Azure`, with what no client of the real one can do."""

    def reach(self, day: str) -> None:
        """Let the time pass until the morning of a day."""
        target = datetime.fromisoformat(day).replace(hour=8, tzinfo=UTC)
        self.advance(max(target - self.now(), timedelta()))

    def guest(self, machine: str) -> dict[str, Any]:
        """What is inside the machine of that name."""
        found: list[dict[str, Any]] = self._ask("GET", "/simulator/guests")["value"]
        return next(each for each in found if each["machine"].rpartition("/")[2] == machine)

    def restarts(self, machine: str) -> list[str]:
        """The days on which the machine of that name restarted, for which updates."""
        return [f"{each['at'][:10]} {' '.join(each['patches'])}" for each in self.guest(machine)["reboots"]]

    def installed(self, machine: str) -> dict[str, str]:
        """The KBs that the last 30 days have put on the machine of that name, and what became of the restart."""
        query = """patchinstallationresources
| where type endswith '/patchinstallationresults'
| project installation = tolower(id), restart = tostring(properties.rebootStatus)
| join kind=inner (
    patchinstallationresources
    | where type endswith '/softwarepatches' and tostring(properties.installationState) == 'Installed'
    | project installation = tostring(split(tolower(id), '/softwarepatches/')[0]), kb = tostring(properties.kbId)
) on installation
| project installation, kb, restart"""
        path = "/providers/Microsoft.ResourceGraph/resources"
        rows: list[dict[str, str]] = self._ask("POST", path, self._token(), {"query": query})["data"]
        return {f"KB{row['kb']}": row["restart"] for row in rows if f"/{machine}/" in row["installation"]}

    def set(self, **settings: Any) -> None:
        """Change settings of the simulated world, durations in seconds."""
        self._ask("PATCH", "/simulator/settings", None, settings)
