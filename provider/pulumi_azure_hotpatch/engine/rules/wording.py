"""Expressions in words, for pages that people read."""

from __future__ import annotations

from pulumi_azure_hotpatch.engine.logic import All, Any_, AtLeast, Equals, Expression, In, Not


def describe(expression: Expression) -> str:
    """The expression as a clause: "`patch_mode` is AutomaticByPlatform and `os_type` is not Linux"."""
    match expression:
        case Equals(field, None):
            return f"`{field}` is not set"
        case Equals(field, value):
            return f"`{field}` is {_value(value)}"
        case In(field, values):
            return f"`{field}` is {_choice(values)}"
        case AtLeast(field, bound):
            return f"`{field}` is at least {bound}"
        case Not(part):
            return _denied(part)
        case All(parts):
            return " and ".join(_grouped(part) for part in parts) if parts else "always"
        case Any_(parts):
            return " or ".join(_grouped(part) for part in parts) if parts else "never"
    raise TypeError(f"not an expression: {expression!r}")


def _denied(part: Expression) -> str:
    match part:
        case Equals(field, None):
            return f"`{field}` is set"
        case Equals(field, value):
            return f"`{field}` is not {_value(value)}"
        case In(field, values):
            return f"`{field}` is none of {_values(values)}"
        case AtLeast(field, bound):
            return f"`{field}` is less than {bound}"
        case Not(inner):
            return describe(inner)
        case _:
            return f"not ({describe(part)})"


def _grouped(part: Expression) -> str:
    # "and" within "and" reads on; anything else inside needs its brackets.
    return f"({describe(part)})" if isinstance(part, Any_) else describe(part)


def _choice(values: tuple[str | bool | int | None, ...]) -> str:
    return _value(values[0]) if len(values) == 1 else f"one of {_values(values)}"


def _values(values: tuple[str | bool | int | None, ...]) -> str:
    return ", ".join(map(_value, values))


def _value(value: str | bool | int | None) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
