"""Expected failures in a program."""

import pulumi
import pytest

from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, InvalidInput
from pulumi_azure_hotpatch.host.program_errors import InvalidProgram, in_one_line


def test_nonsense_can_be_caught_as_such_and_ends_a_program_in_one_line() -> None:
    with (
        pytest.raises(InvalidInput, match=r"^HotpatchReady 'web': no such thing$") as raised,
        in_one_line("HotpatchReady 'web'"),
    ):
        raise InvalidInput("no such thing")
    assert isinstance(raised.value, InvalidProgram)
    assert isinstance(raised.value, pulumi.RunError)
    assert raised.value.__suppress_context__


def test_other_expected_failures_stay_what_they_are() -> None:
    with pytest.raises(ArmError, match=r"^no$") as refused, in_one_line():
        raise ArmError("no", code="Forbidden", status=403)
    assert isinstance(refused.value, pulumi.RunError)
    assert (refused.value.code, refused.value.status, refused.value.reason) == ("Forbidden", 403, "no")
    with pytest.raises(ConfigurationError) as misconfigured, in_one_line("x"), in_one_line():
        raise ConfigurationError("no credentials")
    assert isinstance(misconfigured.value, pulumi.RunError)
    assert str(misconfigured.value) == "x: no credentials"


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(KeyError) as raised, in_one_line():
        raise KeyError("rings")
    assert not isinstance(raised.value, pulumi.RunError)
