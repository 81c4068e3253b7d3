"""Every rule of the catalogue as a policy, advisory until the team says otherwise."""

from pathlib import Path

from pulumi_policy import EnforcementLevel, PolicyPack

from pulumi_azure_hotpatch.policy import hotpatch_policies

PolicyPack(
    "azure-hotpatch",
    policies=hotpatch_policies(waivers=Path(__file__).with_name("waivers.yaml")),
    enforcement_level=EnforcementLevel.ADVISORY,
)
