"""One enrolment, under the name that the configuration gives."""

import pulumi

from pulumi_azure_hotpatch import HOTPATCH_PREVIEW_FEATURES, PreviewEnrollment

config = pulumi.Config()
PreviewEnrollment(
    config.get("name") or "previews",
    features=config.get_object("features") or HOTPATCH_PREVIEW_FEATURES,
    poll_interval="30s",
    timeout=config.get("timeout") or "200h",
    on_destroy=config.get("onDestroy") or "restore",
)
