"""Virtual machines, Arc-enabled servers and scale sets in Azure Resource Graph.

Sources of tables and columns: Microsoft Learn, Understanding the Azure Resource Graph query language, 2024-03-20;
Microsoft Learn, Query logs of Update Manager, 2024-09-10.
"""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.clouds import CHINA, GOVERNMENT, PUBLIC
from pulumi_azure_hotpatch.engine.estate import ASSESSMENTS, LICENCE_PROFILES
from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, SCALE_SETS, VIRTUAL_MACHINES

from .columns import NOT_KNOWN, SETTINGS, TRIPLE, Table, columns, filled, first_of, flag, known_if, quoted, system

LISTED: Final = 8
"""How many product features of a licence are looked at. Two are known: Hotpatch and WindowsServerAzureArcMgmt."""

# A row without properties shows nothing of the machine; one in which they are empty shows that nothing is set. The
# power state is that of the view, the first of its statuses, or what `az vm list --show-details` prints.
MACHINE_STEPS: Final = f"""{system("properties")}| extend seen = isnotnull(properties),
    view = iff({filled("properties.instanceView")}, properties.instanceView, properties.extended.instanceView)
| extend power_code = tostring(view.powerState.code), power_shown = tolower(tostring(properties.powerState))
| extend power = iff(power_code startswith 'powerstate/', substring(power_code, 11),
    extract('(?i)"code":"powerstate/([^"]*)"', 1, tostring(view.statuses)))
"""

_BESIDE_POWER: Final = "iff(power_shown startswith 'vm ', substring(power_shown, 3), power_shown)"

MACHINE_FACTS: Final = {
    **SETTINGS,
    "os_type": "iff(os == '', disk_os, os)",
    "image.triple": TRIPLE,
    "image.offer": "tostring(reference.offer)",
    "has_custom_image": flag(f"{TRIPLE} == ''"),
    "provision_vm_agent": "tostring(configuration.provisionVMAgent)",
    "enable_automatic_updates": "tostring(configuration.enableAutomaticUpdates)",
    "allow_extension_operations": "tostring(properties.osProfile.allowExtensionOperations)",
    "power_state": f"iff(isnotempty(power), tolower(power), {_BESIDE_POWER})",
    "hyper_v_generation": "tostring(view.hyperVGeneration)",
    "os_name": "tostring(view.osName)",
    "reboot_pending": "tostring(view.patchStatus.availablePatchSummary.rebootPending)",
}
"""What a body says of a VM, or of an Arc-enabled server taken as a machine, after `MACHINE_STEPS`."""

ASSESSED: Final = f"""| join kind=leftouter (
    patchassessmentresources
    | where type in~ ({quoted(ASSESSMENTS)})
    | project machine = tostring(split(tolower(id), '/patchassessmentresults/')[0]),
        support = tostring(properties.configurationStatus.vmGuestPatchReadiness.detectedVMGuestPatchSupportState)
) on machine
| extend support = tostring(support)
"""
"""What an assessment found out, empty where there is none: a join's empty side is null in one engine, empty in another.
"""

MACHINES: Final = Table(
    type=VIRTUAL_MACHINES,
    rows=f"""resources
| where type =~ '{VIRTUAL_MACHINES.casefold()}'
| extend machine = tolower(id), place = replace_string(tolower(location), ' ', '')
{MACHINE_STEPS}""",
    constants={"is_arc": False},
    joins={"support_state": ASSESSED},
    columns=columns(
        {
            **known_if("seen", MACHINE_FACTS),
            "location": f"iff(isempty(location) and not(seen), '{NOT_KNOWN}', location)",
            "cloud": f"case(place == '', iff(seen, '', '{NOT_KNOWN}'), place startswith 'usgov', '{GOVERNMENT}', "
            f"place startswith 'usdod', '{GOVERNMENT}', place startswith 'china', '{CHINA}', '{PUBLIC}')",
            "support_state": "support",
        }
    ),
    worded=columns(
        known_if(
            "seen",
            {
                "image": flag(filled("reference")),
                "image.publisher": "tostring(reference.publisher)",
                "image.sku": "tostring(reference.sku)",
                "image.id": first_of(
                    "reference.id", "reference.sharedGalleryImageId", "reference.communityGalleryImageId"
                ),
            },
        )
    ),
)

_ASKED: Final = ", ".join(
    f"tostring(features[{number}].name) =~ 'hotpatch', tostring(features[{number}].subscriptionStatus)"
    for number in range(LISTED)
)


def _named(part: str) -> str:
    """Whether the system's name holds a text; nothing where it has no name."""
    holds = flag(f"system contains '{part}'")
    return f"iff(system == '', '', {holds})"


# A licence profile that is listed apart from its server counts before the server's own copy.
ARC_SERVERS: Final = Table(
    type=ARC_MACHINES,
    rows=f"""resources
| where type =~ '{ARC_MACHINES.casefold()}'
| extend machine = tolower(id)
{system("properties")}| join kind=leftouter (
    resources
    | where type =~ '{LICENCE_PROFILES.casefold()}' and id endswith '/licenseprofiles/default'
    | project machine = tostring(split(tolower(id), '/licenseprofiles/')[0]), separate = properties
) on machine
| extend license = iff(isnotempty(tostring(separate)), separate, properties.licenseProfile)
| extend features = license.productProfile.productFeatures
| extend asked = case({_ASKED}, ''), switched = tostring(configuration.patchSettings.enableHotpatching),
    system = {first_of("properties.osSku", "properties.osName")}
| extend licensed = asked in~ ('Enable', 'Enabling', 'Enabled')
""",
    columns=columns(
        {
            "enable_hotpatching": "switched",
            "assessment_mode": "tostring(configuration.patchSettings.assessmentMode)",
            "hotpatch_status": "tostring(configuration.patchSettings.status.hotpatchEnablementStatus)",
            "hotpatch_subscription": "asked",
            "is_licensed": flag("licensed"),
            "wants_hotpatch": flag("licensed or switched == 'true'"),
            "os_name": "system",
            "is_server_2025": _named("server 2025"),
            "is_azure_edition": _named("azure edition"),
            "os_edition": "tostring(properties.osEdition)",
            "status": "tostring(properties.status)",
        }
    ),
    worded=columns({"os_type": "tostring(properties.osType)"}),
)

SCALE_SET_ROWS: Final = Table(
    type=SCALE_SETS,
    rows=f"""resources
| where type =~ '{SCALE_SETS.casefold()}'
| extend profile = properties.virtualMachineProfile
{system("profile")}""",
    columns=columns(
        {
            **SETTINGS,
            "orchestration_mode": "tostring(properties.orchestrationMode)",
            "os_type": "os",
            "image.triple": TRIPLE,
            "provision_vm_agent": "tostring(configuration.provisionVMAgent)",
            "has_health_extension": flag(
                'tostring(profile.extensionProfile.extensions) matches regex \'(?i)"type":"applicationhealth\''
            ),
        }
    ),
    worded=columns(
        {
            "image": flag(filled("reference")),
            "image.publisher": "tostring(reference.publisher)",
            "image.offer": "tostring(reference.offer)",
            "image.sku": "tostring(reference.sku)",
        }
    ),
)
