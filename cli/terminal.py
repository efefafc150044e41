"""The terminal: data on stdout, progress, questions and complaints on stderr."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from enum import StrEnum
from pathlib import Path
from shutil import get_terminal_size
from textwrap import indent
from typing import TYPE_CHECKING, Protocol, TextIO

import typer

from cli.exits import Failure, Status
from cli.plain import escaped

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_WIDTH_OF_A_FILE = 200


class Form(StrEnum):
    """How data is shown: for people, or as the API's JSON."""

    TABLE = "table"
    JSON = "json"


class Shown(Protocol):
    """What has a form in JSON: the views of the operator API, and what is made of them here."""

    def as_json(self) -> str:
        """Returns the JSON text."""


def show[S: Shown](value: S, table: "Callable[[S], RenderableType]", form: Form) -> None:
    """Prints what was asked for; a table is only made where a table is wanted."""
    if form is Form.JSON:
        show_as_json(value)
    else:
        draw(table(value))


def show_as_json(value: Shown, *, stderr: bool = False) -> None:
    """Prints the value as JSON."""
    show_json(json.loads(value.as_json()), stderr=stderr)


def draw(view: "RenderableType", *, stderr: bool = False) -> None:
    """Prints a view for people."""
    console(stderr=stderr).print(view, crop=False)


def show_json(value: object, *, stderr: bool = False) -> None:
    """Prints a JSON value."""
    typer.echo(json.dumps(value, indent=2), err=stderr)


def show_each_as_json(values: Iterable[Shown]) -> None:
    """Prints a list of values as JSON, each as it comes."""
    before = "["
    for value in values:
        text = json.dumps(json.loads(value.as_json()), indent=2)
        typer.echo(f"{before}\n{indent(text, '  ')}", nl=False)
        before = ","
    typer.echo("[]" if before == "[" else "\n]")


def show_text(text: str) -> None:
    """Prints a text: into a file as it is, on a terminal so that it cannot steer that."""
    shown = escaped(text.replace("\r\n", "\n")) if sys.stdout.isatty() else text
    typer.echo(shown, nl=not text.endswith("\n"))


def tell(text: str) -> None:
    """Says something on stderr that is no data."""
    typer.echo(escaped(text), err=True)


def confirm(question: str, *, yes: bool) -> None:
    """Asks the question, unless the answer was given in advance.

    Raises:
        Failure: the answer is no, or there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure(Status.USAGE, "nothing was done: no terminal to ask at; say --yes to do it")
    if not typer.confirm(escaped(question), err=True):
        raise Failure(Status.NOT_FOUND, "nothing was done")


@contextmanager
def progress(text: str) -> Iterator[Callable[[str], None]]:
    """Tells on stderr what is being waited for, where somebody looks on.

    Calling what it yields changes the text.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from cli.render.layout import plain

    with console(stderr=True).status(plain(text)) as status:
        yield lambda newer: status.update(plain(newer))


def console(*, stderr: bool = False) -> "Console":
    """Returns where rich prints to; a file is as wide as a table needs, or as `COLUMNS` says."""
    from rich.console import Console

    target = Console(stderr=stderr, highlight=False)
    if not target.is_terminal:
        # The width of a terminal beside it has nothing to do with a file.
        beside = sys.__stdout__ is not None and sys.__stdout__.isatty()
        fitting = get_terminal_size((_WIDTH_OF_A_FILE, 0)).columns
        target.width = _WIDTH_OF_A_FILE if beside else fitting
    return target


def contents(file: str) -> bytes:
    """Reads what is in the file; `-` is stdin.

    Raises:
        Failure: it cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as problem:
        raise Failure(Status.USAGE, f"{file} cannot be read: {problem.strerror}") from None


@contextmanager
def written(file: str) -> Iterator[TextIO]:
    """Opens a stream that becomes the file once all is written, so there is never half of it.

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


@contextmanager
def printing_to(file: str) -> Iterator[TextIO]:
    """Has whatever is printed meanwhile become that file, whole or not at all; `-` is stdout.

    A shell would write it in an encoding of its own: `>` in Windows PowerShell is UTF-16.

    Raises:
        Failure: it cannot be written.
    """
    with written(file) as stream, redirect_stdout(stream):
        yield stream
    if file != "-":
        tell(f"written to {file}")
