"""Cases of the rules that schedules and requests share."""

from __future__ import annotations

from collections.abc import Callable

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import Cases


def patch_list_cases(prefix: str, facts: Callable[..., object]) -> dict[str, Cases]:
    """The cases for one prefix, made by the function that makes the subject's facts."""
    return {
        f"{prefix}-windows-classification": Cases(
            passes=facts(windows_classifications=("updaterollup", "Tools")),
            violates=facts(windows_classifications=("Security", "Drivers")),
            says="There is no Windows classification 'Drivers'; every run would fail.",
            unknown=facts(windows_classifications=UNKNOWN),
            misses="windows.classifications_to_include",
        ),
        f"{prefix}-linux-classification": Cases(
            passes=facts(linux_classifications=("Critical", "Other")),
            violates=facts(linux_classifications=("Definition",)),
            says="There is no Linux classification 'Definition'; every run would fail.",
            unknown=facts(linux_classifications=UNKNOWN),
            misses="linux.classifications_to_include",
        ),
        f"{prefix}-kb-number": Cases(
            passes=facts(kbs_to_include=("KB5066835",), kbs_to_exclude=("kb5070881",)),
            violates=facts(kbs_to_include=("KB5066835",), kbs_to_exclude=("5070881",)),
            says="'5070881' is not a KB number.",
            unknown=facts(kbs_to_exclude=UNKNOWN),
            misses="windows.kb_numbers_to_include",
        ),
        f"{prefix}-kb-in-both-lists": Cases(
            passes=facts(kbs_to_include=("KB5066835",), kbs_to_exclude=("KB5070881",)),
            violates=facts(kbs_to_include=("KB5066835",), kbs_to_exclude=("kb5066835",)),
            says="KB5066835 is both included and excluded; the exclusion wins.",
            unknown=facts(kbs_to_include=UNKNOWN),
            misses="windows.kb_numbers_to_exclude",
        ),
        f"{prefix}-mask-in-both-lists": Cases(
            passes=facts(masks_to_include=("kernel*",), masks_to_exclude=("libc*",)),
            violates=facts(masks_to_include=("kernel*",), masks_to_exclude=("kernel*",)),
            says="'kernel*' is both included and excluded; the exclusion wins.",
            unknown=facts(masks_to_exclude=UNKNOWN),
            misses="linux.package_name_masks_to_exclude",
        ),
        f"{prefix}-security-is-widened": Cases(
            passes=facts(linux_classifications=("Security", "Critical")),
            violates=facts(linux_classifications=("Security",)),
            says="The Linux engine widens Security alone to Critical and Security.",
            unknown=facts(linux_classifications=UNKNOWN),
            misses="linux.classifications_to_include",
        ),
    }
