"""npm's packages that the sandbox and the tests need."""

from pathlib import Path

from infra.workstation.steps import Steps
from infra.workstation.virtual_environment import VirtualEnvironment
from sandbox.npm_packages import is_installed

_FOLDERS = (Path("sandbox/azurite"), Path("tests/kusto"))
_FAILURE = "npm's packages could not be installed"


def install(root: Path, environment: VirtualEnvironment, steps: Steps) -> None:
    """Install those that are not there yet.

    Raises:
        NotSetUp: npm could not; its last words are in it.
    """
    missing = [folder for folder in _FOLDERS if not is_installed(root / folder, root / ".cache")]
    if missing:
        with steps.step("npm's packages into .cache, half a minute and 400 MB"):
            steps.run([environment.python, "-m", "sandbox.npm_packages", *missing], _FAILURE, root)
