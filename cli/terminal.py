"""The terminal: data on stdout, progress, questions and complaints on stderr."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from shutil import get_terminal_size
from typing import Any, TextIO

import typer
from rich.console import Console, RenderableType

from cli.exits import Failure, Status
from cli.render.layout import escaped

_WIDTH_OF_A_FILE = 200


class Form(StrEnum):
    """How data is shown: for people, or as the API's JSON."""

    TABLE = "table"
    JSON = "json"


def show(value: Any, view: RenderableType, form: Form) -> None:
    """Print what was asked for."""
    if form is Form.JSON:
        show_json(value)
    else:
        draw(view)


def draw(view: RenderableType, *, stderr: bool = False) -> None:
    """Print for people."""
    console(stderr=stderr).print(view, crop=False)


def show_json(value: Any, *, stderr: bool = False) -> None:
    """Print a JSON value."""
    typer.echo(json.dumps(value, indent=2), err=stderr)


def show_text(text: str) -> None:
    """Print a text: into a file as it is, on a terminal so that it cannot steer it."""
    shown = escaped(text.replace("\r\n", "\n")) if sys.stdout.isatty() else text
    typer.echo(shown, nl=not text.endswith("\n"))


def tell(text: str) -> None:
    """Say something that is no data."""
    typer.echo(escaped(text), err=True)


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless the answer was given in advance.

    Raises:
        Failure: the answer is no, or there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure(Status.USAGE, "nothing was done: no terminal to ask at; say --yes to do it")
    if not typer.confirm(escaped(question), err=True):
        raise Failure(Status.NOT_FOUND, "nothing was done")


def console(*, stderr: bool = False) -> Console:
    """Where rich prints to; a file is as wide as a table needs, or as `COLUMNS` says."""
    target = Console(stderr=stderr, highlight=False)
    if not target.is_terminal:
        target.width = get_terminal_size((_WIDTH_OF_A_FILE, 0)).columns
    return target


def contents(file: str) -> bytes:
    """What is in the file; `-` is stdin.

    Raises:
        Failure: it cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as problem:
        raise Failure(Status.USAGE, f"{file} cannot be read: {problem.strerror}") from None


@contextmanager
def written(file: str) -> Iterator[TextIO]:
    """A stream that becomes the file once all is written, so that there is never half of it.

    `-` is stdout.

    Raises:
        Failure: it cannot be written.
    """
    if file == "-":
        yield sys.stdout
        return
    part = Path(f"{file}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        part.replace(file)
    except OSError as problem:
        raise Failure(Status.USAGE, f"{file} cannot be written: {problem.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
