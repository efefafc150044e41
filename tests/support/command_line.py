"""The command line, asked whether it takes what somebody would type."""

from typing import Any

import typer

from cli.main import app

SSPR: Any = typer.main.get_command(app)


def parse(words: list[str]) -> None:
    """Parse them as the command line does, without running anything.

    Raises:
        Exception: typer's own, of an unknown command or option, or a missing argument.
    """
    command, context = SSPR, None
    while True:
        try:
            context = command.make_context(command.name, list(words), parent=context)
        except typer.Exit:  # of --help and of --version
            return
        if not hasattr(command, "commands"):
            return
        if command.invoke_without_command and not set(words) & set(command.commands):
            return
        _, command, words = command.resolve_command(context, words)
