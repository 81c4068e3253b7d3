"""What a program declares of preview features, and what is stored."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict, Field

from .base import (
    ANY_CASE,
    ANY_ORDER,
    Answer,
    Inputs,
    Name,
    OnDestroy,
    OptionalWait,
    Pause,
    ReplaceOnChange,
    State,
    SubscriptionId,
)

# The founding set: hotpatch, automatic guest patching and in-guest patching, in preview in 2021.
HOTPATCH_PREVIEW_FEATURES: Final = ("InGuestHotPatchVMPreview", "InGuestAutoPatchVMPreview", "InGuestPatchVMPreview")


def _clean(features: tuple[str, ...]) -> tuple[str, ...]:
    # Published instructions carry stray blanks around these names.
    cleaned = tuple(feature.strip() for feature in features)
    if not all(cleaned) or any("/" in feature for feature in cleaned):
        raise ValueError("must be bare names such as 'InGuestHotPatchVMPreview', without their namespace")
    if len({feature.casefold() for feature in cleaned}) < len(cleaned):
        raise ValueError("names a feature twice")
    return cleaned


Features = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_clean), ANY_ORDER]


class PreviewEnrollmentInputs(Inputs):
    """A set of preview features of one provider namespace in one subscription."""

    features: Features
    namespace: Annotated[Name, ReplaceOnChange(), ANY_CASE] = "Microsoft.Compute"
    subscription_id: Annotated[SubscriptionId | None, ReplaceOnChange(), ANY_CASE] = None
    propagate: bool = True
    agreeing_reads: Annotated[int, Field(ge=1, le=100)] = 3
    poll_interval: Pause = "10s"
    timeout: OptionalWait = None
    on_destroy: OnDestroy = "keep"
    adopted: Annotated[tuple[str, ...] | None, Answer()] = None


class PreviewEnrollmentState(PreviewEnrollmentInputs, State):
    """`registered` holds what we registered, `adopted` what was on already, `skipped` what Azure no longer knows since
    it is retired; `propagated` says that the provider was told of it.
    """

    model_config = ConfigDict(extra="ignore")

    registered: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    propagated: bool = False
