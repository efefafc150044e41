"""The pinned Azurite on this machine."""

from pathlib import Path

from sandbox.npm_packages import node_modules


def entry_point(cache: Path) -> Path:
    """The script to run with node; installs it from the committed lock file if need be.

    Raises:
        subprocess.CalledProcessError: npm could not install it; its output went to stderr.
    """
    return node_modules(Path(__file__).parent, cache) / "azurite" / "dist" / "src" / "azurite.js"
