"""Declares what the file that `DECLARED` names lists: `[{type, name, properties, depends_on}]`, in that order.

Nobody refuses resources of ours here: what is wrong with them is for policies to say. The text `NOT_KNOWN` stands for
a value that a preview does not know; `depends_on` names, by input, the resources whose ids it comes from.
"""

import json
import os
import types
from pathlib import Path
from typing import Any

import pulumi

OURS = "pulumi-python:dynamic/azurehotpatch:"
made: dict[str, pulumi.CustomResource] = {}


class Unchecked(pulumi.dynamic.ResourceProvider):
    """Takes every input as it is."""


def declare(token: str, name: str, inputs: dict[str, Any]) -> pulumi.CustomResource:
    """A resource of that type."""
    if not token.startswith(OURS):
        return pulumi.CustomResource(token, name, inputs)
    keywords = {"module": "azurehotpatch", "name": token.removeprefix(OURS)}
    own: Any = types.new_class(keywords["name"], (pulumi.dynamic.Resource,), keywords)
    resource: pulumi.CustomResource = own(Unchecked(), name, inputs)
    return resource


def value(given: Any, later: pulumi.Output[Any]) -> Any:
    """Inputs with what is not known yet."""
    if isinstance(given, dict):
        return {key: value(item, later) for key, item in given.items()}
    if isinstance(given, list):
        return [value(item, later) for item in given]
    return later if given == os.environ["NOT_KNOWN"] else given


outside = pulumi.CustomResource("random:index/randomPet:RandomPet", "outside", {"length": 2})
for one in json.loads(Path(os.environ["DECLARED"]).read_text(encoding="utf-8")):
    inputs = value(one["properties"], outside.id)
    for field, names in one["depends_on"].items():
        inputs[field] = value(one["properties"][field], pulumi.Output.all(*(made[name].id for name in names))[0])
    made[one["name"]] = declare(one["type"], one["name"], inputs)
