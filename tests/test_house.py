"""The house itself: what imports what, what the wheel holds, what git holds, pages that are made from sources."""

from __future__ import annotations

import ast
import csv
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "hocbaso_app"
CORE = ("record", "signing", "exchange", "print_formats", "demo", "command", "cli.py", "progress.py")
MAY_IMPORT = {
    "record": set(),
    "signing": {"record"},
    "exchange": {"signing", "record"},
    "print_formats": {"signing", "record"},
}
FONTS = {".ttf", ".otf", ".woff2"}
DATA_SUFFIXES = {".xsd", ".json", ".html", ".css", ".js", ".icc", ".svg", ".txt", ".csv", ".po", *FONTS}


def core_files() -> list[Path]:
    found = [file for name in CORE for file in [PACKAGE / name, *(PACKAGE / name).rglob("*.py")] if file.is_file()]
    return [PACKAGE / "__init__.py", *found]


def imported_modules(file: Path) -> set[str]:
    """Absolute names of everything a file imports, at any depth of its code."""
    package = file.relative_to(ROOT).with_suffix("").parts
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level]) if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def tracked_files() -> list[str]:
    try:
        return git("ls-files", "-z").rstrip("\0").split("\0")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")


def test_core_imports_with_frappe_out_of_reach() -> None:
    modules = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in core_files()]
    modules = sorted(name.removesuffix(".__init__") for name in modules if not name.endswith("__main__"))
    program = (
        "import importlib, sys\n"
        "for name in ('frappe', 'erpnext', 'education'): sys.modules[name] = None\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", core_files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_core_file_names_no_frappe(file: Path) -> None:
    assert not {name.split(".")[0] for name in imported_modules(file)} & {"frappe", "erpnext", "education"}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_room_imports_only_the_rooms_below(room: str) -> None:
    ours = set()
    for file in (PACKAGE / room).rglob("*.py"):
        ours |= {name.split(".")[1] for name in imported_modules(file) if name.startswith("hocbaso_app.")}
    assert ours - {room, "__version__"} <= MAY_IMPORT[room]


def test_import_scan_sees_relative_imports() -> None:
    file = PACKAGE / "record" / "rules" / "check.py"
    assert "hocbaso_app.record.model" in imported_modules(file)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of what git tracks, built outside the checkout."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    names = [name for name in tracked_files() if (ROOT / name).is_file()]
    for name in names:
        copy = source / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return zipfile.ZipFile(next(target.glob("*.whl")))


def test_wheel_holds_every_module_and_data_file(wheel: zipfile.ZipFile) -> None:
    expected = {
        name
        for name in tracked_files()
        if name.startswith("hocbaso_app/") and Path(name).suffix in {".py", *DATA_SUFFIXES} and (ROOT / name).is_file()
    }
    assert len([name for name in expected if name.endswith((".xsd", ".ttf"))]) >= 2
    assert expected <= set(wheel.namelist())


def test_wheel_holds_nothing_but_the_package(wheel: zipfile.ZipFile) -> None:
    assert {name.split("/")[0].split("-")[0] for name in wheel.namelist()} == {"hocbaso_app"}


def test_package_holds_no_data_file_that_packaging_would_lose() -> None:
    known = {".py", *DATA_SUFFIXES}
    lost = [name for name in tracked_files() if name.startswith("hocbaso_app/") and Path(name).suffix not in known]
    assert not [name for name in lost if Path(name).name != "py.typed"]


def test_git_holds_no_key_database_or_output() -> None:
    forbidden = {".p12", ".pfx", ".key", ".jks", ".db", ".sqlite", ".sqlite3", ".pyc", ".log"}
    names = tracked_files()
    assert not [name for name in names if Path(name).suffix.lower() in forbidden]
    private = re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")
    assert not [name for name in names if (ROOT / name).is_file() and private.search((ROOT / name).read_bytes())]
    sqlite = b"SQLite format 3\0"
    assert not [name for name in names if (ROOT / name).is_file() and (ROOT / name).read_bytes()[:16] == sqlite]


def test_git_holds_no_path_of_one_machine() -> None:
    local = re.compile(rb"/(?:work|tmp/w|root|home/[a-z]+)/[A-Za-z]")
    texts = [name for name in tracked_files() if Path(name).suffix not in {".ttf", ".otf", ".png", ".pdf", ".icc"}]
    found = [name for name in texts if (ROOT / name).is_file() and local.search((ROOT / name).read_bytes())]
    assert not [name for name in found if name != "tests/test_house.py"]


def test_requirement_table_has_the_107_rows() -> None:
    with (ROOT / "docs" / "requirements.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert [row["id"] for row in rows] == [f"Y{number:03}" for number in range(1, 108)]
    assert all(row["clause"] and row["capability"] and row["test"] for row in rows)


def test_unknown_requirement_stops_the_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        @pytest.mark.requirement("Y999")
        def test_nothing(): pass
        """
    )
    pytester.makeini("[pytest]\nmarkers = requirement(id): row")
    result = pytester.runpytest("-p", "plugins.requirements")
    result.stderr.fnmatch_lines(["*not in docs/requirements.csv: Y999*"])


def test_recorder_keeps_the_worst_outcome_of_a_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        @pytest.fixture
        def broken():
            yield
            raise RuntimeError("tear-down")
        @pytest.mark.requirement("Y001")
        def test_good(): pass
        @pytest.mark.requirement("Y001", "Y002")
        def test_bad(broken): pass
        """
    )
    pytester.makeini("[pytest]\nmarkers = requirement(id): row")
    pytester.runpytest("-p", "plugins.requirements", "--requirements", "out.json")
    outcomes = (pytester.path / "out.json").read_text()
    assert outcomes.count("passed") == 1
    assert outcomes.count("failed") == 2


def test_format_page_says_what_the_xsd_says() -> None:
    command = [sys.executable, "scripts/format_docs.py", "--check"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, "run `make docs`\n" + done.stderr


def test_the_resolver_is_asked_with_every_extra_that_runs_beside_frappe() -> None:
    extras = (ROOT / "pyproject.toml").read_text("utf-8").split("[project.optional-dependencies]")[1].split("\n[")[0]
    asked = (ROOT / ".github/workflows/core.yml").read_text("utf-8")
    names = set(re.findall(r"^(\w+) = \[", extras, re.MULTILINE)) - {"dev", "browser"}
    assert names == set(re.findall(r"--extra (\w+)", asked))
