"""Who may import whom, and who may read the clock and the environment."""

import ast
import copy
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter import Contract
from importlinter.configuration import configure
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract

from tests.support.import_rules import AllowList
from tests.support.repository import ROOT

DOMAIN = sorted((ROOT / "shared/domain").rglob("*.py"))
PRODUCT = sorted(
    [
        ROOT / "function_app.py",
        *(
            path
            for package in ("functions", "shared", "hybrid_worker", "cli")
            for path in (ROOT / package).rglob("*.py")
        ),
    ]
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
A_TEST = re.compile(r"test_\w+|conftest|__init__")
FUNCTIONS = sorted((ROOT / "functions").glob("*.py"))
CLOCKS = (".datetime.now", ".datetime.utcnow", ".datetime.today", ".date.today", ".time.time")


def imported(source: str) -> Iterator[str]:
    """Every module that the source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def mentioned(source: str) -> Iterator[str]:
    """Every dotted name in the source at its full length, and every `from` import, dotted."""
    nodes = list(ast.walk(ast.parse(source)))
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    inner = {id(node.value) for node in attributes}
    yield from (ast.unparse(node) for node in attributes if id(node) not in inner)
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def reads_environment(source: str) -> set[str]:
    """Where the source reads it; giving a library its variables is not reading."""
    return {
        name
        for name in mentioned(source)
        if name.startswith(("os.environ", "os.getenv")) and name != "os.environ.update"
    }


def reads_clock(source: str) -> set[str]:
    return {name for name in mentioned(source) if f".{name}".endswith(CLOCKS)}


def imports_a_test(source: str) -> set[str]:
    ours = {name for name in imported(source) if name.split(".")[0] == "tests"}
    return {name for name in ours if not f"{name}.".startswith("tests.support.")}


def offenders(paths: Iterable[Path], wrong: Callable[[str], set[str]]) -> dict[str, set[str]]:
    found = {str(path.relative_to(ROOT)): wrong(path.read_text()) for path in paths}
    return {path: names for path, names in found.items() if names}


def test_the_layers_keep_to_the_contracts_of_the_import_linter() -> None:
    """Runs it by itself: it disables every logger that there is, and other tests read them."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


PLANTED = {
    "Triggers parse, call a use case and answer": (
        "functions.scope",
        "shared.adapters.tables.keys",
    ),
    "The command line knows the API and its words": ("cli.follow", "shared.adapters.graph.client"),
    "The worker knows the messages and their words": (
        "hybrid_worker.plan",
        "shared.use_cases.rollout.control",
    ),
    "Use cases reach the world through the ports": ("shared.use_cases.tick", "shared.settings"),
    "Use cases of one kind do not reach up": (
        "shared.use_cases.recording",
        "shared.use_cases.rollout.reconcile",
    ),
    "Adapters keep to the ports and the contracts": (
        "shared.adapters.identity",
        "shared.use_cases.message",
    ),
    "No adapter imports another": ("shared.adapters.tables.table", "shared.adapters.graph.client"),
    "The ports speak of contracts and of the domain": ("shared.ports.ledger", "shared.settings"),
    "HR systems come in as contracts": ("shared.hr.scim", "shared.ports.outbox"),
    "Contracts speak of the domain": ("shared.contracts.api.view", "shared.hr.scim"),
    "Messages know neither the API nor the documents": (
        "shared.contracts.messages.scope_change",
        "shared.contracts.api.view",
    ),
    "The domain knows itself alone": ("shared.domain.audit", "shared.contracts.messages.queues"),
    "In the domain signals tell of plans, plans of rollouts, rollouts of people": (
        "shared.domain.person.people",
        "shared.domain.plan.roster",
    ),
    "Only the composition root knows adapters": (
        "shared.use_cases.tick",
        "shared.adapters.graph.client",
    ),
    "The product never imports the sandbox": ("shared.logs", "sandbox.clock"),
    "Nothing in the sandbox imports in a circle, wherever the import stands": (
        "sandbox.service_bus.link",
        "sandbox.service_bus.session",
    ),
    "The domain imports no SDK and nothing of the operating system": ("shared.domain.audit", "os"),
}


def rules() -> dict[str, Contract]:
    """The contracts of the project file, by name."""
    kinds: dict[str, Callable[..., Contract]] = {
        "allow_list": AllowList,
        "layers": LayersContract,
        "independence": IndependenceContract,
        "protected": ProtectedContract,
        "forbidden": ForbiddenContract,
        "acyclic_siblings": AcyclicSiblingsContract,
    }
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    session = _as_the_linter_reads({k: v for k, v in options.items() if k != "contracts"})
    return {
        one["name"]: kinds[one["type"]](
            one["name"],
            session_options=session,
            contract_options=_as_the_linter_reads(
                {k: v for k, v in one.items() if k not in {"name", "type", "id"}}
            ),
        )
        for one in options["contracts"]
    }


def _as_the_linter_reads(options: dict[str, Any]) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, bool) else value for key, value in options.items()}


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    configure()
    packages = ("functions", "hybrid_worker", "cli", "shared", "sandbox")
    return grimp.build_graph(*packages, include_external_packages=True, cache_dir=None)


@pytest.mark.parametrize("name", rules())
def test_a_planted_violation_of_each_rule_is_refused(name: str, imports: grimp.ImportGraph) -> None:
    rule = rules()[name]
    assert rule.check(copy.deepcopy(imports), verbose=False).kept, "it is broken without a plant"
    importer, imported = PLANTED[name]
    assert importer in imports.modules
    planted = copy.deepcopy(imports)
    planted.add_import(importer=importer, imported=imported)
    assert not rule.check(planted, verbose=False).kept


PAST_THE_DOOR = re.compile(
    r"\.ledger\.(amend|adopt|erase)\(|\.rollouts\.(replace|renew)\(|record_receipts\(.*refus"
)


def test_people_and_rollouts_are_saved_through_one_door() -> None:
    room = ROOT / "shared/use_cases"
    found = {path.name for path in room.rglob("*.py") if PAST_THE_DOOR.search(path.read_text())}
    assert found == {"recording.py"}


@pytest.mark.parametrize(
    "call",
    ["world.ledger.amend(keys", "world.rollouts.renew(stored, None)", "world.ledger.erase(keys"],
)
def test_a_way_past_the_door_would_be_found(call: str) -> None:
    assert PAST_THE_DOOR.search(call)


@pytest.mark.parametrize("path", DOMAIN, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_domain_imports_the_standard_library_and_itself_alone(path: Path) -> None:
    outside = {
        name
        for name in imported(path.read_text())
        if name.split(".")[0] not in sys.stdlib_module_names
        and not name.startswith("shared.domain.")
    }
    assert outside == set()


@pytest.mark.parametrize("path", DOMAIN, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_domain_reaches_for_neither_the_system_nor_the_clock(path: Path) -> None:
    reaching = {"os", "time", "random", "uuid", "secrets", "subprocess", "socket", "pathlib", "sys"}
    assert {name.split(".")[0] for name in imported(path.read_text())} & reaching == set()
    assert offenders([path], reads_clock) == {}


def test_the_use_cases_and_the_contracts_are_handed_the_time() -> None:
    edges = [*(ROOT / "shared/use_cases").rglob("*.py"), *(ROOT / "shared/contracts").rglob("*.py")]
    assert offenders(edges, reads_clock) == {}


def test_nothing_in_the_product_imports_the_sandbox_or_the_tests() -> None:
    found = {
        str(path.relative_to(ROOT)): name
        for path in PRODUCT
        for name in imported(path.read_text())
        if name.split(".")[0] in {"sandbox", "tests"}
    }
    assert found == {}


def test_what_supports_the_tests_is_a_folder_of_its_own_and_no_test_imports_another() -> None:
    found = [path for path in TESTS if path.relative_to(ROOT).parts[1] != "support"]
    assert [path for path in found if not A_TEST.fullmatch(path.stem)] == []
    assert offenders(found, imports_a_test) == {}


def test_no_environment_variable_is_read_outside_the_settings() -> None:
    others = [path for path in PRODUCT if not {"settings", "settings.py"} & set(path.parts)]
    assert offenders(others, reads_environment) == {}


def triggers(source: str) -> Iterator[tuple[str, int]]:
    """Every function that Azure or a route of ours starts, and how many lines it has."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AsyncFunctionDef) and node.decorator_list:
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            yield node.name, (node.end_lineno or 0) - first.lineno + 1


def test_every_trigger_has_less_than_fifteen_lines() -> None:
    found = [one for path in FUNCTIONS for one in triggers(path.read_text())]
    assert len(found) > 20
    assert [(name, lines) for name, lines in found if lines >= 15] == []


def test_a_trigger_s_lines_are_counted_without_its_docstring() -> None:
    source = (
        '@app.route("a")\nasync def a(req):\n    """One.\n\n    More.\n    """\n    b()\n    c()'
    )
    assert list(triggers(source)) == [("a", 2)]


def test_the_app_s_modules_hold_nothing_that_a_run_could_leave_behind() -> None:
    """What serves the functions is handed to them: no global, and no cache of one."""
    for path in (*FUNCTIONS, ROOT / "shared/bootstrap.py"):
        tree = ast.parse(path.read_text())
        assert [node for node in ast.walk(tree) if isinstance(node, ast.Global)] == []
        cached = [
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
            for one in node.decorator_list
            if "cache" in ast.unparse(one)
        ]
        assert cached == [], path


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A']",
        "import os\nos.environ.get('A')",
        "from os import getenv",
        "def f():\n    import os\n    return dict(os.environ)",
    ],
)
def test_a_read_of_the_environment_would_be_found(source: str) -> None:
    assert reads_environment(source)


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.now(UTC).date()",
        "import datetime as d\nimport datetime\ndatetime.datetime.now()",
        "from time import time",
    ],
)
def test_a_read_of_the_clock_would_be_found(source: str) -> None:
    assert reads_clock(source)
