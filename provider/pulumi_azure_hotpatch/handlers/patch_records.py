"""What Resource Graph holds of one machine: its last assessment (7 days) and its installations (30 days).

Source of tables and retention: Microsoft Learn, Query logs of Update Manager, 2024-09-10.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from pulumi_azure_hotpatch.engine.bodies import Body, properties_of
from pulumi_azure_hotpatch.engine.earlier_installations import same_activity
from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, VIRTUAL_MACHINES
from pulumi_azure_hotpatch.engine.patch_results import (
    Assessment,
    Installation,
    assessment_of,
    assessment_of_rows,
    installations_of_rows,
    patch_of,
    with_patches,
)
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Context

INSTALLATIONS_KEPT: Final = timedelta(days=30)

_BELOW: Final = "{table}\n| where id startswith '{prefix}'\n{filter}| project id, properties\n| order by id asc"
_SUMMARIES: Final = "| where not(id contains '/softwarePatches/')\n"


# One row a machine, so that a thousand machines are one page.
_ASSESSMENTS: Final = """patchassessmentresources
| where type in~ ({summaries})
| project id, machine = tostring(split(tolower(id), '/patchassessmentresults/')[0]), properties
| join kind=leftouter (
    patchassessmentresources
    | where type in~ ({patches})
    | extend machine = tostring(split(tolower(id), '/patchassessmentresults/')[0])
    | summarize patches = make_list(properties) by machine
) on machine
| project id, machine, properties, patches
| order by id asc""".format(
    summaries=", ".join(f"'{kind.casefold()}/patchassessmentresults'" for kind in (VIRTUAL_MACHINES, ARC_MACHINES)),
    patches=", ".join(
        f"'{kind.casefold()}/patchassessmentresults/softwarepatches'" for kind in (VIRTUAL_MACHINES, ARC_MACHINES)
    ),
)


def foresee_assessment(ctx: Context, machine: ResourceId) -> Assessment | None:
    """As `find_assessment`, for previews: all machines of a subscription are asked for at once and once in a run."""
    for row in ctx.graph.recent(_ASSESSMENTS, (machine.subscription_id,)):
        if row.get("machine") == machine.key:
            patches = tuple(patch_of(each) for each in row.get("patches") or ())
            return with_patches(assessment_of(properties_of(row)), patches)
    return None


def find_assessment(ctx: Context, machine: ResourceId) -> Assessment | None:
    """The machine's last assessment with its list of patches; None where none is remembered."""
    return assessment_of_rows(_rows(ctx, machine, "patchassessmentresources", "/patchAssessmentResults/"))


def find_installations(ctx: Context, machine: ResourceId) -> tuple[Installation, ...]:
    """The machine's installations without their lists of patches, the newest first."""
    rows = _rows(ctx, machine, "patchinstallationresources", "/patchInstallationResults/", _SUMMARIES)
    return installations_of_rows(rows)


def find_installation(ctx: Context, machine: ResourceId, activity_id: str) -> Installation | None:
    """One installation with its list of patches; None where it is not (yet, any more) remembered."""
    below = f"/patchInstallationResults/{activity_id}"
    found = installations_of_rows(_rows(ctx, machine, "patchinstallationresources", below))
    return next((each for each in found if same_activity(each.activity_id, activity_id)), None)


def _rows(ctx: Context, machine: ResourceId, table: str, below: str, chosen: str = "") -> Iterator[Body]:
    prefix = f"{machine}{below}".replace("\\", "\\\\").replace("'", "\\'")
    return ctx.graph.query(_BELOW.format(table=table, prefix=prefix, filter=chosen), (machine.subscription_id,))
