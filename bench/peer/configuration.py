"""The same work as an OpenTofu configuration, in its fastest form.

Settings by `azapi_update_resource`, which leaves alone what it does not name; "flat": assignments depend once on the
whole group of settings, because a reference to the instance costs the CLI the square of their number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from azure_patch_simulator import exports

_MAIN = """terraform {
  required_providers {
    azapi = { source = "azure/azapi" }
  }
}

provider "azapi" {
  skip_provider_registration = true
  enable_hcl_output_for_data_source = true
}

variable "subscription_id" { type = string }
variable "machines" { type = set(string) }

locals {
  subscription = "/subscriptions/${var.subscription_id}"
  group        = "${local.subscription}/resourceGroups/rg-contoso"
}

resource "azapi_resource" "feature" {
  type                      = "Microsoft.Features/featureProviders/subscriptionFeatureRegistrations@2021-07-01"
  name                      = "InGuestHotPatchVMPreview"
  parent_id                 = "${local.subscription}/providers/Microsoft.Features/featureProviders/Microsoft.Compute"
  body                      = { properties = {} }
  schema_validation_enabled = false
}

resource "azapi_resource" "schedule" {
  type      = "Microsoft.Maintenance/maintenanceConfigurations@2023-04-01"
  name      = "monthly"
  parent_id = local.group
  location  = "eastus"
  body = {
    properties = {
      maintenanceScope    = "InGuestPatch"
      extensionProperties = { inGuestPatchMode = "User" }
      maintenanceWindow = {
        startDateTime = "2027-01-01 22:00"
        duration      = "03:00"
        timeZone      = "W. Europe Standard Time"
        recurEvery    = "Month Second Tuesday Offset4"
      }
      installPatches = {
        rebootSetting     = "IfRequired"
        windowsParameters = { classificationsToInclude = ["Critical", "Security"] }
      }
    }
  }
  schema_validation_enabled = false
}

resource "azapi_update_resource" "settings" {
  for_each    = var.machines
  type        = "Microsoft.Compute/virtualMachines@2024-07-01"
  resource_id = "${local.group}/providers/Microsoft.Compute/virtualMachines/${each.key}"
  body = {
    properties = {
      osProfile = {
        windowsConfiguration = {
          patchSettings = {
            patchMode      = "AutomaticByPlatform"
            assessmentMode = "AutomaticByPlatform"
            automaticByPlatformSettings = { bypassPlatformSafetyChecksOnUserSchedule = true }
          }
        }
      }
    }
  }
}

resource "azapi_resource" "assignment" {
  for_each  = var.machines
  type      = "Microsoft.Maintenance/configurationAssignments@2023-04-01"
  name      = "monthly"
  parent_id = "${local.group}/providers/Microsoft.Compute/virtualMachines/${each.key}"
  location  = "eastus"
  body = {
    properties = {
      maintenanceConfigurationId = azapi_resource.schedule.id
      resourceId                 = "${local.group}/providers/Microsoft.Compute/virtualMachines/${each.key}"
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_update_resource.settings]
}
"""

_CLI = """disable_checkpoint = true
provider_installation {{
  dev_overrides {{
    "azure/azapi" = {provider}
  }}
  direct {{}}
}}
"""


def write(folder: Path, info: Mapping[str, str], machines: list[str], provider: Path) -> dict[str, str]:
    """Write the configuration into `folder`, and return the environment that the commands there need.

    `info` is what the simulator printed when it was ready, `provider` the folder of the provider's executable.
    """
    (folder / "main.tf").write_text(_MAIN, encoding="utf-8")
    given = {"subscription_id": info["subscription_id"], "machines": machines}
    (folder / "terraform.tfvars.json").write_text(json.dumps(given), encoding="utf-8")
    settings = folder / "cli.tofurc"
    settings.write_text(_CLI.format(provider=json.dumps(str(provider))), encoding="utf-8")
    # azapi 1.x can only be kept from asking the public cloud about the authority by this tenant.
    connection = exports.environment("terraform", info) | {"ARM_TENANT_ID": "adfs", "ARM_USE_OIDC": "false"}
    del connection["ARM_ENVIRONMENT"]  # 1.x takes the endpoints alone, 2.x wants the cloud to be called custom
    return connection | {"TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
