"""Rules of the first hotpatch preview, as its page had them in early 2021. They bind nobody today: `era` says so."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.clouds import GOVERNMENT
from pulumi_azure_hotpatch.engine.logic import Equals, In, Not

from .feature import PREVIEW_2021_FEATURES
from .model import PREVIEW_2021, Rule

_PAGE = "Microsoft Docs, Hotpatch for Windows Server Azure Edition (preview), 2021-02-22"
_AS_OF = date(2021, 2, 22)
_HOTPATCH = Equals("settings.enable_hotpatching", True)

PREVIEW_2021_RULES: Final = (
    Rule(
        id="preview-2021-image",
        subject="machine",
        severity="error",
        title="The machine runs Windows Server 2019 Datacenter: Azure Edition",
        field="os_name",
        applies_to=_HOTPATCH,
        require=Equals("os_name", "Windows Server 2019 Datacenter: Azure Edition"),
        reason=(
            "The preview is offered on Windows Server 2019 Datacenter: Azure Edition only; this machine runs {os_name}."
        ),
        fix="create the machine from that image through the preview's portal link.",
        source=_PAGE,
        as_of=_AS_OF,
        era=PREVIEW_2021,
    ),
    Rule(
        id="preview-2021-platform-mode",
        subject="machine",
        severity="error",
        title="The machine is patched by the platform",
        field="settings.patch_mode",
        applies_to=_HOTPATCH,
        require=Equals("settings.patch_mode", "AutomaticByPlatform"),
        reason="Automatic VM guest patching comes with the preview's image; the patch mode is {settings.patch_mode}.",
        fix="set patch_mode to 'AutomaticByPlatform'.",
        source=_PAGE,
        as_of=_AS_OF,
        era=PREVIEW_2021,
    ),
    Rule(
        id="preview-2021-not-in-government",
        subject="machine",
        severity="error",
        title="The machine is not in Azure Government",
        field="location",
        applies_to=_HOTPATCH & Not(Equals("cloud", None)),
        require=Not(Equals("cloud", GOVERNMENT)),
        reason="The preview is not available in Azure Government regions such as {location}.",
        fix="use a region of the public cloud.",
        source=_PAGE,
        as_of=_AS_OF,
        era=PREVIEW_2021,
    ),
    Rule(
        id="preview-2021-not-for-production",
        subject="machine",
        severity="error",
        title="The machine is not in production",
        field="is_production",
        applies_to=_HOTPATCH & Not(Equals("is_production", None)),
        require=Equals("is_production", False),
        reason="The preview is for testing only and must not be used in production.",
        fix="turn hotpatching off on production machines.",
        source=_PAGE,
        as_of=_AS_OF,
        era=PREVIEW_2021,
    ),
    Rule(
        id="preview-2021-feature-registered",
        subject="feature",
        severity="error",
        title="The preview's feature is registered",
        field="features",
        applies_to=In("name", PREVIEW_2021_FEATURES) & Equals("namespace", "Microsoft.Compute"),
        require=Equals("state", "Registered"),
        reason="The preview needs '{name}' registered in the subscription; its state is {state}.",
        fix="register it; the page says up to 15 minutes, users report far more.",
        source=_PAGE,
        as_of=_AS_OF,
        era=PREVIEW_2021,
    ),
    Rule(
        id="preview-2021-provider-registered-again",
        subject="feature",
        severity="warning",
        title="The provider was registered again after the feature",
        field="features",
        applies_to=(
            In("name", PREVIEW_2021_FEATURES) & Equals("state", "Registered") & Not(Equals("provider_saw_it", None))
        ),
        require=Equals("provider_saw_it", True),
        reason=(
            "'{name}' is registered, but {namespace} was not registered again since: the opt-in may not have arrived."
        ),
        fix="register the provider once more.",
        source=_PAGE,
        as_of=_AS_OF,
        era=PREVIEW_2021,
        switch="provider-registered-again",
        disagreement=(
            "The page and `az feature register` ask for it; the service's team, quoted in "
            "hashicorp/terraform-provider-azurerm PR 12385, says it is recommended, not required."
        ),
    ),
)
