"""`PreviewEnrollment`, as a program declares it."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers

from .declared import Declared, arguments


class PreviewEnrollment(Declared, module="azurehotpatch", name="PreviewEnrollment"):
    """A set of preview features of one provider namespace in one subscription.

    Features that are on are adopted, the others are registered together, awaited until reads agree, and made visible
    to the resource provider. What was adopted stays registered whatever happens to the resource.

    Source: Microsoft Learn, Hotpatch for Windows Server Azure Edition (preview), 2021-02-22.
    """

    namespace: Output[str]
    features: Output[Sequence[str]]
    subscription_id: Output[str]
    propagate: Output[bool]
    agreeing_reads: Output[int]
    poll_interval: Output[str]
    timeout: Output[str | None]
    on_destroy: Output[str]
    adopted: Output[Sequence[str]]
    registered: Output[Sequence[str]]
    skipped: Output[Sequence[str]]
    propagated: Output[bool]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        features: Input[Sequence[Input[str]]],
        namespace: Input[str] | None = None,
        subscription_id: Input[str] | None = None,
        propagate: Input[bool] | None = None,
        agreeing_reads: Input[int] | None = None,
        poll_interval: Input[str] | None = None,
        timeout: Input[str] | None = None,
        on_destroy: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the set.

        :param features: bare feature names, for example `HOTPATCH_PREVIEW_FEATURES`.
        :param namespace: the resource provider; `Microsoft.Compute` by default. A change replaces the resource.
        :param subscription_id: by default the stack's. A change replaces the resource.
        :param propagate: register the provider again afterwards, so that it sees the features (default True).
        :param agreeing_reads: how many reads in a row must say Registered (default 3).
        :param poll_interval: time between reads, such as `10s` (the default).
        :param timeout: how long to wait in all, such as `60m` (the default); the next run goes on waiting.
        :param on_destroy: `keep` (the default) leaves everything registered, `restore` unregisters what this resource
            registered.
        """
        super().__init__(providers.PreviewEnrollmentProvider(), resource_name, arguments(locals()), opts)
