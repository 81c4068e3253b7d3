"""What the tests of `arm` share: ids to ask for, Azure over a prepared server, a clock that only notes its waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from azure.core.credentials import AccessToken

from azure_patch_simulator import SUBSCRIPTION_ID
from pulumi_azure_hotpatch.arm.azure import Azure, over
from pulumi_azure_hotpatch.arm.clouds import Cloud
from pulumi_azure_hotpatch.arm.transport import pooled_transport
from pulumi_azure_hotpatch.errors import Interrupted
from pulumi_azure_hotpatch.ids import ResourceId
from tests.support.simulated import START

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso"
MACHINE = ResourceId.parse(f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-web-1")
SCHEDULE = ResourceId.parse(f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/patch-tuesday")
ASSIGNMENT = MACHINE.extension("Microsoft.Maintenance/configurationAssignments", "patch-tuesday")


class JumpingClock:
    """Waits take no time and are noted."""

    def __init__(self, *, interrupted: bool = False) -> None:
        self.waits: list[timedelta] = []
        self._now = START
        self._interrupted = interrupted

    def now(self) -> datetime:
        return self._now

    def sleep_until(self, deadline: datetime) -> None:
        if self._interrupted:
            raise Interrupted("cancelled while waiting")
        self.waits.append(deadline - self._now)
        self._now = deadline


class StaticCredential:
    """A credential that always has the same token."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken("token", 253402300799)


@contextmanager
def reaching(url: str, ca_file: str | None, clock: JumpingClock | None = None) -> Iterator[Azure]:
    """Azure at `url` over the transport that a real subscription is reached with."""
    chosen = clock or JumpingClock()
    transport = pooled_transport(chosen, ca_file)
    try:
        yield over(Cloud(url, url, url), StaticCredential(), transport, chosen)
    finally:
        transport.session.close()
