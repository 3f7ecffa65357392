"""The package holds together: what it contains, what it imports, what it promises to those who install it."""

import ast
import doctest
import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

import seedbed

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOLDERS = ("agents", "model", "experiments")
MAY_IMPORT = {"agents": set(), "model": {"agents"}, "experiments": {"agents", "model"}}
SUPPORTED = ("3.11", "3.12", "3.13")
PUBLIC = {"BadInput", "Ecosystem", "History", "Scenario", "SeedbedWarning", "__version__", "compare", "simulate", "twins"}


def modules_on_disk():
    """The import names of all modules, from the files."""
    names = {"seedbed", "seedbed.__main__"}
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*.py"):
            parts = file.relative_to(ROOT).with_suffix("").parts
            names.add(".".join(("seedbed", *(p for p in parts if p != "__init__"))))
    return names


def modules_that_import():
    """The same, as Python's import system walks them."""
    return {"seedbed"} | {m.name for m in pkgutil.walk_packages(seedbed.__path__, "seedbed.")}


def tracked_files():
    """Files that git tracks, or would if they were added now; in an unpacked archive, which has no git, its source files. Links are left out."""
    if not (ROOT / ".git").exists():
        below = [f for folder in (*FOLDERS, "tests", "notebooks", "seedbed", ".ci") for f in (ROOT / folder).rglob("*")]
        return [f for f in (*ROOT.iterdir(), *below) if f.is_file() and not f.is_symlink() and "__pycache__" not in f.parts]
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    return [f for f in files if f.is_file() and not f.is_symlink()]


def python(*arguments, **options):
    """Run a fresh interpreter and return what it printed; its errors fail the test and are shown."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# --- the folders and the package -------------------------------------------------------------------------------------


def test_the_list_of_packages_equals_the_folders():
    on_disk = {"seedbed"}
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*.py"):
            on_disk.add(".".join(("seedbed", *file.parent.relative_to(ROOT).parts)))
            assert (file.parent / "__init__.py").is_file(), f"{file.parent} has modules but no __init__.py"
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == on_disk


def test_every_module_on_disk_can_be_imported_under_its_name():
    assert modules_that_import() == modules_on_disk()


def test_links_lead_to_the_folders():
    for folder in FOLDERS:
        assert (ROOT / "seedbed" / folder).resolve() == ROOT / folder
        if (ROOT / "seedbed" / folder).is_symlink():
            assert not (ROOT / "seedbed" / folder).readlink().is_absolute()


def test_everything_is_imported_as_seedbed_and_nothing_else():
    wanted = sorted(modules_on_disk())
    code = f"""
import importlib, sys
for name in {wanted!r}:
    importlib.import_module(name)
print(*sorted(set(sys.modules) & {{"agents", "model", "experiments"}}))
"""
    assert python("-c", code, cwd=ROOT.parent).split() == []


def test_without_links_the_folders_are_found_all_the_same(tmp_path):
    shutil.copytree(ROOT / "seedbed", tmp_path / "seedbed", ignore=shutil.ignore_patterns(*FOLDERS, "__pycache__"))
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    code = """
import seedbed, seedbed.agents.errors, seedbed.model, seedbed.experiments
print(seedbed.agents.errors.__file__)
"""
    assert Path(python("-c", code, cwd=tmp_path).strip()) == tmp_path / "agents" / "errors.py"


def test_a_wheel_holds_every_module_and_data_file_and_works_alone(tmp_path):
    source = tmp_path / "source"
    wanted = set()
    for file in tracked_files():
        name = file.relative_to(ROOT)
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, source / name)
        # of the committed results only what commands read is part of the package: summaries, and posteriors
        read = name.name == "summary.json" or ("calibration" in name.parts and name.name in ("manifest.json", "posterior.csv"))
        if name.parts[0] in FOLDERS and ("results" not in name.parts or read):
            wanted.add(f"seedbed/{name.as_posix()}")
        elif name.parts[0] == "seedbed":
            wanted.add(name.as_posix())
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    python(*build, "--wheel-dir", tmp_path, source)
    (wheel,) = tmp_path.glob("seedbed-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if name.startswith("seedbed/")}
        archive.extractall(tmp_path / "installed")
    assert inside == wanted
    code = "import seedbed, seedbed.model, seedbed.experiments; print(seedbed.__file__, seedbed.BadInput.__module__)"
    alone = {"PYTHONPATH": str(tmp_path / "installed"), "PATH": ""}
    where, module = python("-c", code, cwd=tmp_path, env=alone).split()
    assert Path(where) == tmp_path / "installed" / "seedbed" / "__init__.py"
    assert module == "seedbed.agents.errors"


# --- who imports whom ------------------------------------------------------------------------------------------------


def imported_names(file, package):
    """Full names of all that a file imports, at its top or inside, for type checkers or for real."""
    tree = ast.parse(file.read_text(), str(file))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join(above + ([node.module] if node.module else []))
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__"):
                yield str(node.args[0].value)


@pytest.mark.parametrize("folder", FOLDERS)
def test_imports_run_from_experiments_to_model_to_agents(folder):
    wrong = []
    for file in sorted((ROOT / folder).rglob("*.py")):
        package = ".".join(("seedbed", *file.parent.relative_to(ROOT).parts))
        for name in imported_names(file, package):
            first, _, rest = name.partition(".")
            part = rest.split(".")[0]
            if part in seedbed._HOME:  # through the door: it leads to the name's own module
                part = seedbed._HOME[part].split(".")[1]
            if first in FOLDERS or (first == "seedbed" and part in set(FOLDERS) - MAY_IMPORT[folder] - {folder}):
                wrong.append(f"{file.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_nothing_imports_the_folders_by_their_bare_names():
    wrong = []
    for file in tracked_files():
        if file.suffix == ".py":
            names = set(imported_names(file, "")) if file.parent != ROOT / "seedbed" else ()
            wrong += [f"{file.relative_to(ROOT)} imports {n}" for n in names if n.split(".")[0] in FOLDERS]
    assert wrong == []


# --- the door --------------------------------------------------------------------------------------------------------


def test_the_public_names_are_these():
    assert set(seedbed.__all__) == PUBLIC
    assert PUBLIC <= set(dir(seedbed))


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_can_be_had(name):
    value = getattr(seedbed, name)
    if name != "__version__":
        assert value.__name__ == name
        assert value.__doc__, f"{name} says nothing about itself"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_like_this"):
        seedbed.nothing_like_this  # noqa: B018


def test_the_door_opens_without_heavy_libraries():
    code = """
import sys
import seedbed, seedbed.__main__
print(*sorted(set(sys.modules) & {"matplotlib", "mesa", "networkx", "numba", "numpy", "pandas", "pyarrow", "scipy"}))
"""
    assert python("-c", code, cwd=ROOT.parent).split() == []


# --- what the files say ----------------------------------------------------------------------------------------------


def test_versions_agree():
    version = seedbed.__version__
    assert f'version: "{version}"' in (ROOT / "CITATION.cff").read_text()
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_readme_names_the_two_commands():
    readme = (ROOT / "README.md").read_text()
    assert "make study" in readme
    assert "make test" in readme


def test_the_continuous_check_is_make_test():
    assert "exec make test\n" in (ROOT / ".ci" / "run").read_text()


def test_no_registry_hosts_and_no_paths_of_one_machine():
    # put together here, so that this file does not contain what it looks for
    hosts = ["pypi" + r"\.org", "python" + r"hosted\.org", "registry" + r"\.npmjs", "deb" + r"\.debian\.org"]
    paths = ["/" + "root/", "/" + r"home/\w", "/" + r"Users/\w", "/" + r"work/", "/" + "farm/", r"\.\./" + "shared"]
    pattern = re.compile("|".join(hosts + paths))
    wrong = []
    for file in tracked_files():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture, a table in Parquet
        for number, line in enumerate(text.splitlines(), 1):
            if found := pattern.search(line):
                wrong.append(f"{file.relative_to(ROOT)}:{number}: {found.group()}")
    assert wrong == []


def constraints():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_constraints_pin_exact_versions_without_addresses():
    for pin in constraints():
        assert pin.url is None
        (only,) = pin.specifier
        assert only.operator == "==" and "*" not in only.version, str(pin)


@pytest.mark.parametrize("version", SUPPORTED)
def test_constraints_pin_each_direct_requirement_once_and_within_its_bounds(version):
    here = {**default_environment(), "python_version": version, "python_full_version": f"{version}.0"}
    pins = {}
    for pin in constraints():
        if pin.marker is None or pin.marker.evaluate(here):
            assert pin.name not in pins, f"{pin.name} is pinned twice for Python {version}"
            (only,) = pin.specifier
            pins[pin.name] = only.version
    wanted = list(PROJECT["project"]["dependencies"])
    for extra in PROJECT["project"]["optional-dependencies"].values():
        wanted += extra
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pins[requirement.name]), str(requirement)


# --- the examples in the docstrings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(modules_on_disk()))
def test_examples_in_docstrings_give_what_they_show(name):
    module = importlib.import_module(name)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(module, optionflags=flags).failed == 0
