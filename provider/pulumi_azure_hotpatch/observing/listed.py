"""The machines of subscriptions as Resource Manager lists them: what is left without Resource Graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.errors import ArmError

from .scopes import Scope
from .sources import Tell

_NOT_REGISTERED: Final = "MissingSubscriptionRegistration"


def listed(in_subscription: Callable[[str], Iterable[Body]], scope: Scope, *, tell: Tell) -> list[Body]:
    """The bodies of all machines of a scope's subscriptions, by id; none of a scope of named machines.

    A subscription that is not registered with their resource provider has none, of which `tell` hears. Raises ArmError.
    """
    found: list[Body] = []
    for subscription in scope.subscriptions if scope.machines is None else ():
        try:
            found += in_subscription(subscription)
        except ArmError as error:
            if error.code != _NOT_REGISTERED:
                raise
            tell(str(error))
    return sorted(found, key=lambda body: str(body["id"]).casefold())
