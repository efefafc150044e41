"""Indexes a package by the library that Azure's Python worker runs, and prints what it found.

    python -S index_package.py PACKAGE LIBRARIES REPOSITORY

Without the site module nothing of the repository is on the path: the app finds its own modules in
the package, and other people's among the libraries. Started by the tests.
"""

import asyncio
import json
import sys
from pathlib import Path


def main(package: Path, libraries: Path, repository: Path) -> None:
    """Print the functions' names, and from where each module of the app was imported."""
    sys.path.remove(str(Path(__file__).parent))
    sys.path.append(str(libraries))
    sys.path.append(str(repository))
    from sandbox.functions_host.runtime import Runtime

    sys.path.remove(str(repository))
    functions = asyncio.run(Runtime.load(package)).functions
    modules = {
        name: module.__file__
        for name, module in list(sys.modules.items())
        if name.split(".")[0] in {"function_app", "functions", "shared"}
        and getattr(module, "__file__", None)
    }
    json.dump({"functions": [one.name for one in functions], "modules": modules}, sys.stdout)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
