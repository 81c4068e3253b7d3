"""`ImageSupportCheck`, as a program declares it."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers

from .declared import Declared, arguments


class ImageSupportCheck(Declared, module="azurehotpatch", name="ImageSupportCheck"):
    """Whether a machine's image can be patched. Marketplace images are answered from the published list; for custom
    images and Arc-enabled servers an assessment is started, unless an update operation has told already.
    """

    machine_id: Output[str]
    require: Output[str | None]
    triggers: Output[Sequence[str | bool | float]]
    poll_interval: Output[str]
    timeout: Output[str | None]
    image_support: Output[str | None]
    support_state: Output[str | None]
    reason: Output[str | None]
    decided_by: Output[str | None]
    checked_at: Output[str | None]
    activity_id: Output[str | None]
    operation: Output[str | None]
    assessed_from: Output[str | None]
    image: Output[str | None]
    guidance: Output[str | None]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        machine_id: Input[str],
        require: Input[str] | None = None,
        triggers: Input[Sequence[Input[str | bool | float]]] | None = None,
        poll_interval: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the check.

        :param machine_id: ARM id of a VM or an Arc-enabled server. A change replaces the check.
        :param require: `Supported` fails the deployment when the image is anything else, so that what depends on this
            does not run.
        :param triggers: values of any meaning, `()` by default; another value checks again.
        :param poll_interval: time between reads while the state is Unknown, such as `30s` (the default).
        :param timeout: how long to wait in all, such as `60m` (the default); the next run goes on waiting.
        """
        super().__init__(providers.ImageSupportCheckProvider(), resource_name, arguments(locals()), opts)
