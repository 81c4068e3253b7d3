"""Rules on what to install, which schedules and on-demand requests share."""

from __future__ import annotations

from datetime import date

from pulumi_azure_hotpatch.engine.logic import Equals

from .model import Rule, Subject

_SDK = "azure-mgmt-compute 39.0.0, VMGuestPatchClassification*; Microsoft Learn, Maintenance configurations, 2026-09-25"
_TROUBLESHOOT = "Microsoft Learn, Troubleshoot maintenance configurations, 2023-10-13"


def patch_list_rules(subject: Subject, prefix: str) -> tuple[Rule, ...]:
    """The rules on classifications, KB numbers and masks for one subject that carries `patches`."""
    return (
        Rule(
            id=f"{prefix}-windows-classification",
            subject=subject,
            severity="error",
            title="The Windows classifications exist",
            field="patches.windows_classifications",
            require=Equals("patches.wrong_windows_classification", None),
            reason="There is no Windows classification '{patches.wrong_windows_classification}'; every run would fail.",
            fix="use Critical, Security, UpdateRollup, FeaturePack, ServicePack, Definition, Tools or Updates.",
            source=f"{_SDK}; {_TROUBLESHOOT}",
            as_of=date(2026, 9, 25),
        ),
        Rule(
            id=f"{prefix}-linux-classification",
            subject=subject,
            severity="error",
            title="The Linux classifications exist",
            field="patches.linux_classifications",
            require=Equals("patches.wrong_linux_classification", None),
            reason="There is no Linux classification '{patches.wrong_linux_classification}'; every run would fail.",
            fix="use Critical, Security or Other.",
            source=f"{_SDK}; {_TROUBLESHOOT}",
            as_of=date(2026, 9, 25),
        ),
        Rule(
            id=f"{prefix}-kb-number",
            subject=subject,
            severity="error",
            title="KB numbers are written like KB4512508",
            field="patches.kbs_to_include",
            require=Equals("patches.wrong_kb", None),
            reason="'{patches.wrong_kb}' is not a KB number.",
            fix="write it with the letters KB in front, like KB4512508.",
            source="ARM error InvalidParameter in recorded traffic: It must be a KBID such as KB4512508",
            as_of=date(2026, 8, 1),
        ),
        Rule(
            id=f"{prefix}-kb-in-both-lists",
            subject=subject,
            severity="warning",
            title="No KB is both included and excluded",
            field="patches.kbs_to_exclude",
            require=Equals("patches.kb_in_both", None),
            reason="{patches.kb_in_both} is both included and excluded; the exclusion wins.",
            fix="take it out of one of the lists.",
            source="Microsoft Learn, Maintenance configurations, 2026-09-25",
            as_of=date(2026, 9, 25),
        ),
        Rule(
            id=f"{prefix}-mask-in-both-lists",
            subject=subject,
            severity="warning",
            title="No package mask is both included and excluded",
            field="patches.masks_to_exclude",
            require=Equals("patches.mask_in_both", None),
            reason="'{patches.mask_in_both}' is both included and excluded; the exclusion wins.",
            fix="take it out of one of the lists.",
            source="Azure/LinuxPatchExtension 488ab8ea, package filter",
            as_of=date(2026, 8, 7),
        ),
        Rule(
            id=f"{prefix}-security-is-widened",
            subject=subject,
            severity="info",
            title="Linux classifications mean what they say",
            field="patches.linux_classifications",
            require=Equals("patches.linux_security_alone", False),
            reason="The Linux engine widens Security alone to Critical and Security.",
            fix="write both, so that the declaration says what happens.",
            source="Azure/LinuxPatchExtension 488ab8ea, package filter",
            as_of=date(2026, 8, 7),
        ),
    )
