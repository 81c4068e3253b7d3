"""The package as its users get it: built, installed into an empty environment elsewhere, used from there."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.launch import launched
from demo import Azure
from setup_environment import find_uv, install_uv
from tests.support.pulumi_cli import Stack

CHECKOUT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow

PROGRAM = f'''\
import sys
import pulumi
from pulumi_azure_hotpatch import MaintenanceSchedule, patch_tuesday

pulumi.export("environment", sys.prefix)
MaintenanceSchedule(
    "nights",
    resource_group_name="rg-contoso",
    location="eastus",
    start="2027-01-01 22:00",
    duration="03:00",
    time_zone="Europe/Berlin",
    recurrence=patch_tuesday(4),
    subscription_id="{SUBSCRIPTION_ID}",
    windows={{"classifications_to_include": ["Critical", "Security"]}},
)
'''


def uv(*arguments: str, cwd: Path = CHECKOUT) -> None:
    done = subprocess.run(
        [str(find_uv() or install_uv()), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the source distribution; the wheel is built from the latter."""
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--quiet", "--out-dir", str(folder))
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that has the wheel without any extra."""
    environment = tmp_path_factory.mktemp("clean")
    venv.create(environment, with_pip=False)
    (wheel,) = built.glob("*.whl")
    python = environment / "bin" / "python"
    uv("pip", "install", "--quiet", "--python", str(python), str(wheel), cwd=environment)
    return environment / "bin"


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[Azure]:
    with launched("--time", "manual", "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield Azure(server.info)


def test_both_distributions_hold_the_code_its_data_and_its_licence(built: Path) -> None:
    (wheel,), (source,) = built.glob("*.whl"), built.glob("*.tar.gz")
    packed = zipfile.ZipFile(wheel).namelist()
    for name in ("engine/releases.json", "engine/zones.json", "schemas/findings.schema.json", "py.typed"):
        assert f"pulumi_azure_hotpatch/{name}" in packed
    assert any(name.endswith("licenses/LICENSE") for name in packed)
    assert {name.partition("/")[0] for name in packed if ".dist-info" not in name} == {
        "azure_patch_simulator",
        "pulumi_azure_hotpatch",
    }
    with tarfile.open(source) as archive:
        assert any(name.endswith("/provider/pulumi_azure_hotpatch/__init__.py") for name in archive.getnames())


def test_a_ten_line_program_works_from_there(installed: Path, tmp_path: Path, azure: Azure) -> None:
    project = tmp_path / "contoso"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: contoso\nruntime: python\n")
    (project / "__main__.py").write_text(PROGRAM)
    here = {"PULUMI_PYTHON_CMD": str(installed / "python")}
    stack = Stack(project, tmp_path, azure.environment() | here)
    stack.env["PATH"] = f"{installed}:{stack.env['PATH']}"
    assert stack.up().summary["created"] == 2
    assert stack.up().changed == {}
    environment = stack.run("stack", "output", "environment").stdout.strip()
    assert Path(environment).resolve() == installed.parent.resolve()
    stack.destroy()


def test_the_base_install_stays_small(installed: Path) -> None:
    packages = next(installed.parent.glob("lib/python*/site-packages"))
    size = sum(path.stat().st_size for path in packages.rglob("*") if path.is_file()) / 2**20
    assert size < 170, f"{size:.0f} MiB"
    present = {path.name for path in packages.iterdir()}
    assert not present & {"pulumi_azure_native", "duckdb", "altair", "vl_convert", "pulumi_policy"}


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("azure-hotpatch", "calendar", "--product", "ws2025", "--from", "2026-01", "--to", "2026-01"), None),
        (("azure-hotpatch", "check", "INVENTORY"), None),
        (
            ("azure-hotpatch", "feed", "INVENTORY", "--output", "x.ics"),
            "azure-hotpatch: A calendar feed needs icalendar, which is not installed: "
            "pip install 'pulumi-azure-hotpatch[report]'\n",
        ),
        (
            ("azure-hotpatch", "report", "--inventory", "INVENTORY", "--output", "report.html"),
            "azure-hotpatch: A report needs pygal, which is not installed: "
            "pip install 'pulumi-azure-hotpatch[report]'\n",
        ),
        (
            ("azure-patch-simulator", "serve"),
            "azure-patch-simulator: it needs dateutil, which is not installed: "
            "pip install 'pulumi-azure-hotpatch[simulator]'\n",
        ),
    ],
)
def test_without_extras_a_command_works_or_names_what_it_lacks(
    installed: Path, tmp_path: Path, command: tuple[str, ...], told: str | None
) -> None:
    name, *arguments = (str(CHECKOUT / "examples/inventory.json") if each == "INVENTORY" else each for each in command)
    done = subprocess.run(
        [str(installed / name), *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    if told is None:
        assert (done.returncode in (0, 1), done.stderr) == (True, "")
    else:
        assert (done.returncode, done.stderr, done.stdout) == (2, told, "")


def test_pytest_is_not_disturbed_by_the_plugin_without_its_extra(installed: Path, tmp_path: Path) -> None:
    uv("pip", "install", "--quiet", "--python", str(installed / "python"), "pytest", cwd=tmp_path)
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert True\n")
    done = subprocess.run([str(installed / "pytest"), "-q"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_environment_that_tests_run_in_is_not_the_one_under_test(installed: Path) -> None:
    assert Path(sys.executable).parent.resolve() != installed.resolve()
