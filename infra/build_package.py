"""Builds what Azure runs: the app with its libraries for Linux on x86-64 and Python 3.13.

    python3.13 infra/build_package.py                   # all of it, as package.zip
    python3.13 infra/build_package.py --libraries-only  # for azd and Core Tools, which do the rest

Runs on any system: the libraries are fetched as wheels for the one that they are to run on. They
are those of requirements.txt, which names the hash of each file.
"""  # noqa: INP001  # a script beside what it belongs to

import argparse
import compileall
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = Path(".python_packages/lib/site-packages")
"""Where the Functions worker looks for an app's own libraries."""
BUILT = Path("shared/contracts/messages/built.py")
"""Where the app looks for the commit that it was built from."""
PACKAGED = ("function_app.py", "host.json", "hr-sources.yaml", "requirements.txt")
"""Files of the package, where they are there."""
MODULES = ("functions", "shared")
"""Folders of which the modules go in, and nothing else that lies there."""
_IN_AZURE = "/home/site/wwwroot"
_VERSION = (3, 13)
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


def main(arguments: Sequence[str] | None = None) -> None:
    """Install the libraries beside the app, and zip both unless told otherwise."""
    parser = argparse.ArgumentParser(description="Build the package that Azure runs.")
    parser.add_argument("package", type=Path, nargs="?", default=ROOT / "package.zip")
    parser.add_argument("--libraries-only", action="store_true", help="zip nothing")
    chosen = parser.parse_args(arguments)
    if sys.version_info[:2] != _VERSION:
        parser.error("run it with Python 3.13: modules are compiled for the version that compiles")
    install(ROOT)
    note_commit(ROOT)
    if not chosen.libraries_only:
        pack(ROOT, chosen.package)
        size = chosen.package.stat().st_size / 1e6
        sys.stdout.write(f"{chosen.package}: {size:.0f} MB\n")


def install(app: Path) -> None:
    """Put the libraries of `requirements.txt` below the app's folder, compiled."""
    target = app / LIBRARIES
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run([*_pip(target), "--requirement", app / "requirements.txt"], check=True)
    # By hash and unchecked, since a zip keeps a file's time in local time and to two seconds only:
    # going by that, every new instance would compile every module again.
    compileall.compile_dir(
        target,
        quiet=1,
        stripdir=str(app),
        prependdir=_IN_AZURE,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def note_commit(app: Path) -> None:
    """Write which commit this is, for the version that the app shows; nothing outside of git."""
    note = app / BUILT
    note.unlink(missing_ok=True)
    git = ["git", "-C", str(app), "describe", "--always", "--dirty=.changed", "--exclude=*"]
    try:
        found = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return
    note.write_text(f'"""Written by infra/build_package.py."""\n\nCOMMIT = "{found}"\n')


def pack(app: Path, package: Path) -> None:
    """Zip the app and its libraries."""
    with ZipFile(package, "w", ZIP_DEFLATED) as archive:
        for path in files(app):
            archive.write(path, path.relative_to(app))


def files(app: Path) -> Iterator[Path]:
    """Every file that goes into the package: the same as `.funcignore` lets through."""
    yield from (app / name for name in PACKAGED if (app / name).is_file())
    for folder in MODULES:
        yield from sorted((app / folder).rglob("*.py"))
    yield from sorted(path for path in (app / LIBRARIES).rglob("*") if path.is_file())


def _pip(target: Path) -> list[str | Path]:
    return [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--require-hashes", "--only-binary=:all:", "--no-compile", "--target", target),
        *("--implementation", "cp", "--python-version", ".".join(map(str, _VERSION))),
        *(word for platform in _PLATFORMS for word in ("--platform", platform)),
    ]


if __name__ == "__main__":
    main()
