"""`azure-hotpatch adopt`."""

from __future__ import annotations

import sys

from pulumi_azure_hotpatch.adoption.declarations import declarations
from pulumi_azure_hotpatch.adoption.found import found_in
from pulumi_azure_hotpatch.adoption.program import program_text
from pulumi_azure_hotpatch.observing.scopes import Scope

from . import output
from .connected import connected
from .writing import write_new_file


def run(subscription: str | None, *, to: str | None, as_json: bool) -> int:
    """Print or write the program. Raises InvalidInput, ConfigurationError or ArmError."""
    with connected("what exists") as azure:
        (chosen,) = Scope.of(None, () if subscription is None else [subscription], azure.subscription_id).subscriptions
        made = declarations(found_in(azure.azure, chosen, tell=output.note), azure.clock.now())
    if as_json:
        output.print_json(one.as_json() for one in made)
        return 0
    text = program_text(made, chosen)
    if to is None:
        sys.stdout.write(text)
    else:
        write_new_file(to, text)
    left = sum(one.reason is not None for one in made)
    output.note(
        f"Note: {output.count(len(made) - left, 'resource')} declared"
        + (f", {left} not (see the comments)." if left else ".")
    )
    return 0
