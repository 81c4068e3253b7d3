"""What import contracts cannot say: the engine takes nothing from outside the standard library."""

import ast
import sys
from pathlib import Path

import pulumi_azure_hotpatch.engine as engine

PACKAGE = "pulumi_azure_hotpatch"
MAY_USE = (f"{PACKAGE}.engine", f"{PACKAGE}.ids", f"{PACKAGE}.errors")


def find_imports(module: Path) -> set[str]:
    """Give the full names of the modules that a file imports absolutely."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return names


def test_the_engine_imports_only_the_standard_library_ids_and_errors() -> None:
    modules = list(Path(engine.__path__[0]).rglob("*.py"))
    assert modules
    foreign = {
        (module.name, name)
        for module in modules
        for name in find_imports(module)
        if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith(MAY_USE)
    }
    assert foreign == set()


def test_the_simulator_imports_nothing_from_the_package_that_it_serves() -> None:
    import azure_patch_simulator

    modules = list(Path(azure_patch_simulator.__path__[0]).rglob("*.py"))
    assert modules
    assert {module.name for module in modules for name in find_imports(module) if name.startswith(PACKAGE)} == set()
