"""A release: changelog, number, format of the ledger and tag agree, or nothing is done."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.infra.compiler import INFRA
from tests.support.repository import ROOT

WHO = ("-c", "user.name=Release", "-c", "user.email=release@contoso.test")
LINE = "- Something that somebody wants to know.\n"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release", INFRA / "release.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def git(clone: Path, *words: str) -> str:
    ran = subprocess.run(
        ["git", *WHO, *words], cwd=clone, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of what a release touches, with something to release."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Release")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "release@contoso.test")
    folder = tmp_path / "clone"
    released = script()
    for path in (*released.NUMBERED, released.CHANGELOG, released.FORMAT):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    golden = folder / released.GOLDEN
    golden.mkdir(parents=True)
    (golden / "words.json").write_text("{}\n")
    log = folder / released.CHANGELOG
    log.write_text(
        f"# Changelog\n\n## [Unreleased]\n\n### Added\n\n{LINE}\n"
        "### Going back\n\n- To 0.2.0: it can.\n"
        "\n## [0.2.0] - 2026-11-28\n\n- Before.\n"
    )
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "All")
    return folder


def run(clone: Path, *words: str) -> None:
    script().main([*words, "--root", str(clone), "--without-package"])


def refusal(clone: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        run(clone, *words)
    assert ended.value.code == 1
    assert git(clone, "tag", "--list") in {"", "v0.3.0"}
    return capsys.readouterr().err


def test_a_release_has_its_number_everywhere_its_part_of_the_changelog_and_its_tag(
    clone: Path,
) -> None:
    run(clone, "0.3.0")
    assert git(clone, "describe", "--exact-match") == "v0.3.0"
    assert git(clone, "status", "--porcelain") == ""
    for path in script().NUMBERED:
        assert '"0.3.0"' in (clone / path).read_text(), path
    log = (clone / "CHANGELOG.md").read_text()
    head, _, rest = log.partition("## [0.3.0] - 20")
    assert head.endswith("## [Unreleased]\n\n")
    assert LINE in rest


def test_a_dry_run_changes_nothing(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = git(clone, "rev-parse", "HEAD")
    run(clone, "0.3.0", "--dry-run")
    assert "can be released" in capsys.readouterr().out
    assert (git(clone, "rev-parse", "HEAD"), git(clone, "status", "--porcelain")) == (before, "")


@pytest.mark.parametrize(
    ("version", "said"),
    [("0.2.0", "is not newer"), ("0.1.9", "is not newer"), ("3", "is no version")],
)
def test_a_number_that_is_not_newer_is_refused(
    clone: Path, capsys: pytest.CaptureFixture[str], version: str, said: str
) -> None:
    assert said in refusal(clone, capsys, version)


def test_what_is_not_committed_or_not_said_is_in_the_way_all_at_once(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = clone / "CHANGELOG.md"
    log.write_text("# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-11-28\n\n- Before.\n")
    said = refusal(clone, capsys, "0.3.0")
    assert "not committed" in said
    assert "nothing under [Unreleased]" in said
    assert "going back" in said


def test_rows_that_are_stored_otherwise_need_a_format_of_their_own(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that whoever goes back is told whether the version before can read them."""
    run(clone, "0.3.0")
    (clone / "tests/integration/ledger/golden/words.json").write_text('{"more": 1}\n')
    log = clone / "CHANGELOG.md"
    more = f"## [Unreleased]\n\n### Added\n\n{LINE}\n### Going back\n\n- To 0.3.0: it cannot.\n"
    log.write_text(log.read_text().replace("## [Unreleased]\n", more, 1))
    git(clone, "commit", "--quiet", "--all", "--message", "Store a new word")
    assert "raise FORMAT" in refusal(clone, capsys, "0.4.0")

    mark = clone / "shared/domain/ledger_mark.py"
    mark.write_text(
        re.sub(
            r"^FORMAT: Final = (\d+)$",
            lambda found: f"FORMAT: Final = {int(found[1]) + 1}",
            mark.read_text(),
            flags=re.MULTILINE,
        )
    )
    git(clone, "commit", "--quiet", "--all", "--message", "Raise the format")
    run(clone, "0.4.0")
    assert git(clone, "describe", "--exact-match") == "v0.4.0"


def test_the_changelog_s_versions_are_in_order_and_dated() -> None:
    """Each that was cut has a day, the newest first, and what comes next stands above."""
    text = (ROOT / "CHANGELOG.md").read_text()
    released = script()
    ranks = [released._rank(one) for one in released._RELEASED.findall(text)]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks
    assert text.index("## [Unreleased]") < text.index("## [0.")
