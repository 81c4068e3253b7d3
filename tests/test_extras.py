"""A library that is not installed is named in one line."""

from importlib import import_module

import pytest

from pulumi_azure_hotpatch.errors import ConfigurationError
from pulumi_azure_hotpatch.extras import needs_extra


def test_a_missing_library_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(ConfigurationError) as refused, needs_extra("report", "A calendar feed"):
        import_module("no_such_library")
    assert str(refused.value) == (
        "A calendar feed needs no_such_library, which is not installed: pip install 'pulumi-azure-hotpatch[report]'"
    )


def test_a_library_that_is_there_is_imported() -> None:
    with needs_extra("report", "A calendar feed"):
        assert import_module("json").__name__ == "json"
