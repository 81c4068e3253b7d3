"""What a stack's configuration and the environment say."""

from __future__ import annotations

from pulumi_azure_hotpatch.host.settings import AZURE, OURS

from .wording import table

_OPENING = """\
# Configuration

A key is set with `pulumi config set azure-hotpatch:verbose true`; where a stack does not set it, the environment
variable counts. The command line and tests have the variables only.

## Our own keys
"""

_AZURE_OPENING = """\
## Azure

The keys of `azure-native` and its variables, so that a stack with both signs in once. Where nothing is set, what
`DefaultAzureCredential` finds is used (`az login`, a managed identity, a workload identity).
"""


def setting_page() -> str:
    """The page of the configuration."""
    ours = ((f"`azure-hotpatch:{key}`", f"`{variable}`", meaning) for key, (variable, meaning) in OURS.items())
    azure = ((f"`azure-native:{key}`", ", ".join(f"`{name}`" for name in names)) for key, names in AZURE.items())
    parts = [_OPENING, table(("key", "variable", "meaning"), ours), _AZURE_OPENING]
    return "\n".join([*parts, table(("key", "variables, the first that is set counts"), azure)])
