"""Checks the language of what readers get: README, docs, help texts, messages and alarms.

    python -m tests.support.plain_language            # everything that it finds, a line each

It finds sentences that are too long, words of our own that nobody else uses so, terms that the
glossary lacks, durations spelt in two ways, links, anchors and commands that lead nowhere, and
tables that are not rendered. A test holds the repository to it, and plants a fault of each kind.
"""

import ast
import json
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.command_line import parse
from tests.support.documentation import PAGES, anchors, name_of
from tests.support.plain_words import EVERYDAY, EXPLAINED_ON_FIRST_PAGE, PRIVATE, TERMS
from tests.support.repository import ROOT

LONGEST_SENTENCE = 35
GLOSSARY = ROOT / "docs/glossary.md"
FIRST_PAGE = "README.md"
HISTORY = "CHANGELOG.md"
"""What was released once keeps the words that it was released with."""

PRODUCT = ("cli", "shared", "hybrid_worker", "functions")
_A_MESSAGE = 3
"""Fewer words are a name, or a part of another text."""
_MEASURED = re.compile(r"\| \d+(?:\.\d+)? s \|")
_SQL = {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "PRAGMA", "WHERE"}
WORKBOOK = ROOT / "infra/monitoring/rollout.workbook.json"
SHELL_SCRIPTS = (
    "infra/graph/grant-permissions",
    "infra/graph/register-operators",
    "infra/worker/build-wheelhouse",
    "infra/worker/linux/install",
)
_HELP_BEGINS = re.compile(r"^ *<#")
_HELP_ENDS = re.compile(r"#> *$")
_NO_PROSE = re.compile(r"^ *(?:\.[A-Z]+\b|\.\\|PS> )")
_LITERAL = re.compile(r"\"((?:[^\"`]|`.)*)\"|'((?:[^']|'')*)'")
_SHOWN = re.compile(r'"(?:title|noDataMessage|json)": "((?:[^"\\]|\\.)*)"')
_SPOKEN = re.compile(r"(?:description|explanation): '(.+)'")

_FENCE = re.compile(r"^ *```")
_ROW = re.compile(r"^ *\|.*\|\s*$")
_RULE = re.compile(r"^ *\|(?: *:?-+:? *\|)+\s*$")
_ITEM = re.compile(r"^ *(?:[-*]|\d+\.) ")
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_END = re.compile(r"(?<=[.!?])[\"')*_]*\s+(?=[\"'(*_`\[]*[A-Z0-9`])")
_ISO = re.compile(r"\bP(?=[T\d])(?:\d+[WD])*(?:T(?:\d+[HMS])+)?\b")
_SHORT = re.compile(r"\b\d+(?:\.\d+)? (?:s|sec|secs|h|hrs?|min|mins|d)\b(?!/)")


@dataclass(frozen=True)
class Text:
    """What is read as one: where it stands, and its lines."""

    place: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and what to write instead."""

    place: str
    line: int
    kind: str
    words: str

    def __str__(self) -> str:
        return f"{self.place}:{self.line}: {self.kind}: {self.words}"


def of(place: str, text: str) -> Text:
    """Returns the text, taken apart into lines."""
    return Text(place, tuple(text.split("\n")))


def faults(text: Text) -> Iterator[Fault]:
    """Yields everything that is wrong with the language of the text itself."""
    yield from long_sentences(text)
    yield from private_words(text)
    yield from durations(text)


def _prose(text: Text) -> Iterator[tuple[int, str]]:
    """Yields every line outside of code blocks, with its number."""
    inside = False
    for number, line in enumerate(text.lines, 1):
        if _FENCE.match(line):
            inside = not inside
        elif not inside:
            yield number, line


def _without_code(line: str) -> str:
    return _CODE.sub("CODE", _LINK.sub(r"\1", _COMMENT.sub("", line)))


def _paragraphs(text: Text) -> Iterator[tuple[int, str]]:
    """Yields paragraphs and items of lists, each as one line; tables are left out."""
    begin, words = 0, list[str]()
    for number, line in [*_prose(text), (len(text.lines) + 1, "")]:
        apart = not line.strip(" >") or line.startswith(("#", "<!--")) or bool(_ROW.match(line))
        if words and (apart or _ITEM.match(line)):
            yield begin, " ".join(words)
            words = []
        if not apart:
            begin = begin if words else number
            words.append(_ITEM.sub("", line, count=1).strip())


def long_sentences(text: Text) -> Iterator[Fault]:
    """Yields each sentence of more words than anybody keeps in mind; code counts as one word."""
    for number, paragraph in _paragraphs(text):
        for sentence in _END.split(_without_code(paragraph)):
            count = len([word for word in sentence.split() if re.search(r"\w", word)])
            if count > LONGEST_SENTENCE:
                yield Fault(text.place, number, f"a sentence of {count} words", sentence)


def private_words(text: Text) -> Iterator[Fault]:
    """Yields each word that we use as nobody else does, with the plain one."""
    for number, line in _prose(text):
        shown = _without_code(line)
        for word in PRIVATE:
            if found := word.pattern.search(shown):
                yield Fault(text.place, number, f"write {word.plain}", found[0])


def durations(text: Text) -> Iterator[Fault]:
    """Yields each duration that is spelt in another way than `30m` in code, 30 minutes in prose.

    What the page says of the other spelling itself stands on a line with its name, ISO 8601.
    """
    for number, line in enumerate(text.lines, 1):
        if "ISO 8601" not in line:
            for found in _ISO.finditer(line):
                yield Fault(text.place, number, "write it as `30m`, `12h`, `7d`", found[0])
    for number, line in _prose(text):
        # A column of measurements has short units.
        shown = "" if _ROW.match(line) and _MEASURED.search(line) else _without_code(line)
        for found in _SHORT.finditer(shown):
            yield Fault(text.place, number, "write out the unit", found[0])


def unexplained_terms(text: Text, glossary: frozenset[str]) -> Iterator[Fault]:
    """Yields each term of ours that the text uses and the glossary lacks."""
    for number, line in _prose(text):
        for term, pattern in TERMS.items():
            if term not in glossary and (found := pattern.search(line)):
                yield Fault(text.place, number, "not in the glossary", found[0])


def looked_up_terms(text: Text) -> Iterator[Fault]:
    """Yields each term of ours on the first page that the page itself does not explain."""
    for number, line in _prose(text):
        for term, pattern in TERMS.items():
            explained = term in EXPLAINED_ON_FIRST_PAGE | EVERYDAY
            if not explained and (found := pattern.search(_without_code(line))):
                yield Fault(text.place, number, "has to be looked up", found[0])


def unrendered_tables(text: Text) -> Iterator[Fault]:
    """Yields each row that belongs to no table, and each that has another number of cells."""
    head = 0
    previous = ""
    for number, line in _prose(text):
        if not _ROW.match(line):
            head = 0
        elif _RULE.match(line):
            head = _cells(previous)
            if head != _cells(line):
                yield Fault(text.place, number, "head and rule of the table differ", line)
        elif head and _cells(line) != head:
            yield Fault(text.place, number, f"not {head} cells", line)
        elif not head and _ROW.match(previous):
            yield Fault(text.place, number, "a row without a table", line)
        previous = line


def _cells(row: str) -> int:
    """Returns how many cells GitHub makes of the row: a bar in code splits as well."""
    return len(re.findall(r"(?<!\\)\|", row.strip())) - 1


def broken_links(page: Path, text: Text) -> Iterator[Fault]:
    """Yields each link within the repository that leads to no file, or to no heading of it."""
    for number, line in _prose(text):
        for found in _LINK.finditer(_CODE.sub("CODE", line)):
            path, _, anchor = found[2].partition("#")
            if "://" in found[2] or not found[2]:
                continue
            target = page.parent / path if path else page
            if not target.exists():
                yield Fault(text.place, number, "no such file", found[2])
            elif anchor and anchor not in anchors(target):
                yield Fault(text.place, number, "no such heading", found[2])


def broken_commands(text: Text) -> Iterator[Fault]:
    """Yields each line of a block that begins with `sspr` and that it does not take.

    In a block with prompts the other lines are what was answered.
    """
    inside = prompted = False
    for number, line in enumerate(text.lines, 1):
        if _FENCE.match(line):
            inside, prompted = not inside, False
            continue
        prompted = prompted or line.lstrip().startswith("$ ")
        command = line.strip().removeprefix("$ ").removeprefix(".venv/bin/")
        typed = inside and (not prompted or line.lstrip().startswith("$ "))
        if typed and command.startswith("sspr ") and (said := _refusal(command)):
            yield Fault(text.place, number, said, command)


def _refusal(command: str) -> str | None:
    words = shlex.split(re.split(r" [|<>;]|&&", command)[0], comments=True)
    if "--version" in words:
        return None  # it would be printed
    try:
        parse(words[1:])
    except Exception as error:  # noqa: BLE001  # typer's have no common root that it exports
        return str(error)
    return None


def glossary_terms(page: Path = GLOSSARY) -> frozenset[str]:
    """Returns what the glossary explains: the first cells of its rows, one by one."""
    rows = re.findall(r"^\| ([^|]+) \|", page.read_text(), re.MULTILINE)
    return frozenset(one.strip().strip("`").lower() for row in rows for one in row.split(",")) - {
        "word"
    }


def messages() -> Iterator[Text]:
    """Yields each sentence in the code of the product: what it says to people, and no docstring."""
    for part in PRODUCT:
        for path in sorted((ROOT / part).rglob("*.py")):
            for line, words in _literals(ast.parse(path.read_text())):
                yield Text(name_of(path), ("",) * (line - 1) + (words,))


def _literals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.split()
            if id(node) not in docstrings and len(words) >= _A_MESSAGE and words[0] not in _SQL:
                yield node.lineno, " ".join(words)


def alarms() -> Iterator[Text]:
    """Yields what the alarms say when they are raised."""
    for path in sorted((ROOT / "infra/modules").glob("*.bicep")):
        lines = path.read_text().split("\n")
        yield Text(name_of(path), tuple(_spoken(line) for line in lines))


def _spoken(line: str) -> str:
    found = _SPOKEN.search(line)
    return found[1] if found else ""


def scripts() -> Iterator[Text]:
    """Yields what the scripts say and their help, in PowerShell and in bash; no comment of theirs.

    Their tests are for nobody else.
    """
    for path in sorted((ROOT / "infra").rglob("*.ps1")):
        if "tests" not in path.parts:
            yield from script(name_of(path), path.read_text())
    for name in SHELL_SCRIPTS:
        yield from script(name, (ROOT / name).read_text())


def script(place: str, text: str) -> Iterator[Text]:
    """Yields the lines of a script's help together, and each text of a few words alone."""
    help_lines, in_help = list[str](), False
    for number, line in enumerate(text.split("\n")):
        begins = bool(_HELP_BEGINS.match(line))
        in_help = (in_help or begins) and not _HELP_ENDS.search(line)
        # A keyword is a heading, and what is to be typed is no prose.
        prose = in_help and not begins and not _NO_PROSE.match(line)
        help_lines.append(line if prose else "")
        if not prose and not line.lstrip().startswith("#"):
            for words in _quoted(line):
                yield Text(place, ("",) * number + (words,))
    yield Text(place, tuple(help_lines))


def _quoted(line: str) -> Iterator[str]:
    for found in _LITERAL.finditer(line):
        words = (found[1] or found[2] or "").split()
        if len(words) >= _A_MESSAGE:
            yield " ".join(words)


def workbook(text: str | None = None) -> Iterator[Text]:
    """Yields the titles and texts of the workbook, or of this one; its queries are no prose."""
    content = WORKBOOK.read_text() if text is None else text
    for found in _SHOWN.finditer(content):
        line = content.count("\n", 0, found.start())
        words = json.loads(f'"{found[1]}"').replace("\n", " ")
        yield Text(name_of(WORKBOOK), ("",) * line + (words,))


def unreleased(text: str | None = None) -> Text:
    """Returns what the changelog, or this one, says of what is not released yet."""
    content = (ROOT / HISTORY).read_text() if text is None else text
    before, mark, rest = content.partition("## [Unreleased]")
    return of(HISTORY, before + mark + rest.partition("\n## [")[0])


def pages() -> Iterator[tuple[Path, Text]]:
    """Yields every page but the history of releases."""
    for page in PAGES:
        if page.name != HISTORY:
            yield page, of(name_of(page), page.read_text())


def everything() -> Iterator[Fault]:
    """Yields everything that is wrong in the repository."""
    glossary = glossary_terms()
    for page, text in pages():
        yield from faults(text)
        yield from unexplained_terms(text, glossary)
        yield from unrendered_tables(text)
        yield from broken_links(page, text)
        yield from broken_commands(text)
        if text.place == FIRST_PAGE:
            yield from looked_up_terms(text)
    for text in (*messages(), *alarms(), *scripts(), *workbook(), unreleased()):
        yield from faults(text)
    yield from broken_links(ROOT / HISTORY, unreleased())


if __name__ == "__main__":
    for one in everything():
        sys.stdout.write(f"{one}\n")
