"""Releases a version: its number, its part of the changelog, its package and its tag.

    python3.13 infra/release.py 0.3.0 --dry-run    # says what is in the way, or what it would do
    python3.13 infra/release.py 0.3.0

Refuses where something does not agree: changes that are not committed, a version that is not
newer, a changelog that has nothing to say, or rows that older versions cannot read without a new
format of the ledger. Nothing is pushed: `git push --follow-tags` is yours.
"""  # noqa: INP001  # a script beside what it belongs to

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG = Path("CHANGELOG.md")
FORMAT = Path("shared/domain/ledger_mark.py")
GOLDEN = "tests/integration/ledger/golden"
NUMBERED = {
    Path("pyproject.toml"): r'^(version = ")[^"]+(")',
    Path("shared/contracts/messages/version.py"): r'^(VERSION: Final = ")[^"]+(")',
    Path("uv.lock"): r'(name = "sspr-rollout"\nversion = ")[^"]+(")',
}
"""Where the number stands, and how it is found there; tests/unit/test_version.py compares them."""
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_RELEASED = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - ", re.MULTILINE)
_UNRELEASED = "## [Unreleased]\n"
_BACK = "### Going back\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Release the version, or say everything that is in the way."""
    parser = argparse.ArgumentParser(description="Release a version.")
    parser.add_argument("version", help="such as 0.3.0")
    parser.add_argument("--dry-run", action="store_true", help="change nothing")
    parser.add_argument("--without-package", action="store_true", help="build no package.zip")
    parser.add_argument("--root", type=Path, default=ROOT, help="the clone")
    chosen = parser.parse_args(arguments)
    problems = list(complaints(chosen.root, chosen.version))
    if problems:
        sys.stderr.writelines(f"{one}\n" for one in problems)
        raise SystemExit(1)
    steps = "the number, the changelog, a commit, package.zip, the tag"
    if chosen.dry_run:
        sys.stdout.write(f"{chosen.version} can be released: {steps} v{chosen.version}\n")
        return
    release(chosen.root, chosen.version, packs=not chosen.without_package)
    sys.stdout.write(f"released {chosen.version}; push it with: git push --follow-tags\n")


def complaints(root: Path, version: str) -> Iterator[str]:
    """Yields everything that is in the way of a release."""
    changelog = (root / CHANGELOG).read_text()
    released = _RELEASED.findall(changelog)
    if not _VERSION.fullmatch(version):
        yield f"{version} is no version: give three numbers, as in 0.3.0"
    elif any(_rank(version) <= _rank(one) for one in released):
        yield f"{version} is not newer than what {CHANGELOG} has"
    if _git(root, "status", "--porcelain"):
        yield "there are changes that are not committed"
    unreleased = unreleased_of(changelog)
    if not re.search(r"^- ", unreleased, re.MULTILINE):
        yield f"{CHANGELOG} has nothing under [Unreleased]"
    if _BACK not in unreleased:
        yield f"{CHANGELOG} does not say under 'Going back' what going back one version means"
    yield from _of_the_ledger(root)


def _of_the_ledger(root: Path) -> Iterator[str]:
    """Yields what is stored otherwise than at the last release, without a format of its own."""
    before = _git(root, "tag", "--list", "v*", "--sort=-version:refname").partition("\n")[0]
    if not before:
        return
    changed = _git(root, "diff", "--name-only", before, "--", GOLDEN)
    raised = _format(_git(root, "show", f"{before}:{FORMAT}")) < _format(
        (root / FORMAT).read_text()
    )
    if changed and not raised:
        yield (
            f"rows are stored otherwise than in {before} ({changed.split()[0]}): raise FORMAT in "
            f"{FORMAT}, and READABLE_FROM unless {before} can go on with such rows"
        )


def release(root: Path, version: str, *, packs: bool) -> None:
    """Write the number, cut the changelog, commit, build the package and tag."""
    for path, pattern in NUMBERED.items():
        file = root / path
        text, times = re.subn(
            pattern, rf"\g<1>{version}\g<2>", file.read_text(), count=1, flags=re.MULTILINE
        )
        if times != 1:
            raise SystemExit(f"{path} has no version where it is looked for")
        file.write_text(text)
    changelog, today = (root / CHANGELOG).read_text(), f"{datetime.now(UTC):%Y-%m-%d}"
    cut = f"{_UNRELEASED}\n## [{version}] - {today}\n"
    (root / CHANGELOG).write_text(changelog.replace(_UNRELEASED, cut, 1))
    _git(root, "commit", "--quiet", "--all", "--message", f"Release {version}")
    if packs:
        subprocess.run([sys.executable, root / "infra/build_package.py"], check=True)
    _git(root, "tag", "--annotate", f"v{version}", "--message", f"Version {version}")


def unreleased_of(changelog: str) -> str:
    """Returns what stands under [Unreleased]."""
    rest = changelog.partition(_UNRELEASED)[2]
    return rest.partition("\n## [")[0]


def _format(text: str) -> int:
    found = re.search(r"^FORMAT: Final = (\d+)$", text, re.MULTILINE)
    return int(found[1]) if found else 0


def _rank(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _git(root: Path, *words: str) -> str:
    ran = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    if ran.returncode and words[0] != "show":
        raise SystemExit(f"git {words[0]}: {ran.stderr.strip()}")
    return ran.stdout.strip()


if __name__ == "__main__":
    main()
