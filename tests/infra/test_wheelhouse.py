"""The wheelhouse: what is gathered for which platform, and that it is whole or not there."""

import hashlib
import re
import zipfile
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.repository import ROOT

SCRIPT = ROOT / "infra" / "worker" / "build-wheelhouse"


@pytest.fixture(scope="module")
def wheelhouse() -> ModuleType:
    loader = SourceFileLoader("build_wheelhouse", str(SCRIPT))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_each_platform_gets_its_own_kerberos_library_and_every_pin_its_hash(
    wheelhouse: ModuleType,
) -> None:
    text = wheelhouse.REQUIREMENTS.read_text()
    windows, linux = wheelhouse.wanted(text, "windows"), wheelhouse.wanted(text, "linux")
    only_windows = {line.split("=")[0] for line in set(windows) - set(linux)}
    only_linux = {line.split("=")[0] for line in set(linux) - set(windows)}
    assert only_windows == {"sspilib", "winkerberos"}
    assert only_linux == {"decorator", "gssapi", "krb5"}
    assert all(re.fullmatch(r"[\w.-]+==\S+( --hash=sha256:[0-9a-f]{64})+", line) for line in linux)
    assert "ldap3==" in "\n".join(windows)


def test_a_wheelhouse_is_pinned_to_what_lies_in_it(wheelhouse: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "gssapi-1.12.0-cp311-abi3-linux_x86_64.whl").write_bytes(b"built here")
    digest = hashlib.sha256(b"built here").hexdigest()
    assert wheelhouse.pinned(tmp_path) == [f"gssapi==1.12.0 --hash=sha256:{digest}"]


def test_wheels_for_windows_are_fetched_for_it_and_never_built(
    wheelhouse: ModuleType, tmp_path: Path
) -> None:
    words = wheelhouse.command("windows", tmp_path / "requirements.txt", tmp_path)
    assert {"--require-hashes", "win_amd64", "3.13", ":all:"} <= set(words)


@pytest.fixture
def index(wheelhouse: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pip looks instead, and whence it wants one package."""
    folder = tmp_path / "index"
    folder.mkdir()
    wheel = folder / "package-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        information = "package-1.0.dist-info"
        archive.writestr(
            f"{information}/METADATA", "Metadata-Version: 2.1\nName: package\nVersion: 1.0\n"
        )
        archive.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{information}/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    wanted = tmp_path / "requirements.txt"
    wanted.write_text(f"package==1.0 \\\n    --hash=sha256:{digest}\n")
    monkeypatch.setattr(wheelhouse, "REQUIREMENTS", wanted)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.parametrize("target", ["windows", "linux"])
def test_a_wheelhouse_says_whose_it_is_and_what_it_holds(
    wheelhouse: ModuleType,
    index: Path,
    tmp_path: Path,
    target: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "wheelhouse"
    monkeypatch.setattr("sys.argv", ["build-wheelhouse", target, str(folder)])
    assert wheelhouse.main() == 0
    origin = hashlib.sha256((tmp_path / "requirements.txt").read_bytes()).hexdigest()
    wheel = next(index.glob("*.whl"))
    assert (folder / "requirements.txt").read_text().splitlines() == [
        f"# of hybrid_worker/requirements.txt, sha256:{origin}",
        f"package==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}",
    ]
    assert (folder / wheel.name).read_bytes() == wheel.read_bytes()


def test_a_wheelhouse_that_could_not_be_filled_is_not_there(
    wheelhouse: ModuleType,
    index: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    next(index.glob("*.whl")).write_bytes(b"another")
    monkeypatch.setattr("sys.argv", ["build-wheelhouse", "linux", str(tmp_path / "wheelhouse")])
    assert wheelhouse.main() != 0
    assert "was not made: fix what pip says, and run this again" in capfd.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"index", "requirements.txt"}


def test_a_folder_that_holds_something_is_left_alone(
    wheelhouse: ModuleType, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(index.iterdir())
    monkeypatch.setattr("sys.argv", ["build-wheelhouse", "linux", str(index)])
    assert wheelhouse.main() == 2
    assert list(index.iterdir()) == before


def test_both_installers_look_for_the_line_that_is_written() -> None:
    written = "# of hybrid_worker/requirements.txt, sha256:"
    for script in ("linux/install", "windows/parts/Release.ps1"):
        assert written in (SCRIPT.parent / script).read_text()
