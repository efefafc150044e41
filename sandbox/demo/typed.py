"""What the operator types in the demo, shown with what it prints."""

import shlex
import subprocess
import sys

from rich.console import Console as Screen

from sandbox.console import Console
from sandbox.demo.proof import StageFailed


class Typed:
    """`sspr` against one sandbox, on one screen."""

    def __init__(self, console: Console, screen: Screen) -> None:
        self._console = console
        self._screen = screen

    def sspr(self, *arguments: str) -> None:
        """What an operator would type; it has to end well, or there is nothing to show."""
        if not self.ends_well(*arguments):
            raise StageFailed(f"`sspr {shlex.join(arguments)}` did not end well")

    def ends_well(self, *arguments: str) -> bool:
        """Type it, show what it prints, and say whether it ended well."""
        # A command is there to be copied: no line break of ours in it.
        self._screen.print(f"[bold]$ sspr {shlex.join(arguments)}[/]", soft_wrap=True)
        environment = {
            "SSPR_URL": f"{self._console.layout.functions_url}/api",
            "SSPR_KEY": self._console.key,
            "COLUMNS": str(min(self._screen.width, 120)),
            "PATH": "/usr/bin:/bin",
        }
        ended = subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        self._screen.print(ended.stdout, markup=False, highlight=False, soft_wrap=True)
        if ended.returncode:
            self._screen.print(ended.stderr, markup=False, highlight=False)
        return ended.returncode == 0
