"""The pages of the documentation, taken apart: prose, code blocks, tables and what they say."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tests.support.repository import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RENDERED = sorted(
    [
        *PAGES,
        *(page for part in ("infra", "sandbox", "tests") for page in (ROOT / part).rglob("*.md")),
    ]
)
"""All that GitHub shows: these pages, and those that stand beside what they are about."""
WIDEST = 110
"""Characters of a line of code that are seen without scrolling, in a column of GitHub's."""

_FENCED = re.compile(r"^( *)```(\w*) ?([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_PROMPT = "$ "
_SHELLS = {"sh", "bash", "console"}
_BELOW_HEAD = re.compile(r"\|( *:?-+:? *\|)+")
_TAG = re.compile(r"<(?!!--|https?:|/?(?:details|summary)>)[A-Za-z/][^>\n]*>")
_COMMENT_AND_MORE = re.compile(r"^ *<!--.*-->[^\n]*\S[^\n]*$", re.MULTILINE)
_BREAKABLE = {"powershell", "yaml", "kusto"}
_FIRST_CELL = re.compile(r"^\| `([^`|]+)` \|", re.MULTILINE)


class Said(NamedTuple):
    """Something that a page says; the page by its path within the repository."""

    page: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text}"


class Block(NamedTuple):
    """A code block: its language, what else stands on its first line, and its text."""

    language: str
    label: str
    text: str


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def said(pattern: re.Pattern[str], text: str, page: Path) -> Iterator[Said]:
    return (Said(name_of(page), found[1]) for found in pattern.finditer(text))


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return _FENCED.sub("", page.read_text())


def inline(page: Path) -> Iterator[Said]:
    """What stands between single backticks."""
    return said(_INLINE, prose(page), page)


def links(page: Path) -> Iterator[Said]:
    """Those within the repository."""
    return (one for one in said(_LINK, prose(page), page) if "://" not in one.text)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the page's headings."""
    return {slug(found[2]) for found in _HEADING.finditer(prose(page))}


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def section(page: Path, heading: str) -> str:
    """What stands below a heading, up to the next one of its level or above, without code."""
    text = prose(page)
    found = next(one for one in _HEADING.finditer(text) if one[2] == heading)
    rest = text[found.end() :]
    after = (one for one in _HEADING.finditer(rest) if len(one[1]) <= len(found[1]))
    return rest[: next((one.start() for one in after), None)]


def headings(text: str) -> list[str]:
    return [found[2] for found in _HEADING.finditer(text)]


def first_cells(text: str) -> list[str]:
    """The code that stands in the first cell of each row of its tables."""
    return [found[1] for found in _FIRST_CELL.finditer(text)]


def headless_tables(text: str) -> Iterator[str]:
    """First rows of what is to be a table and has no line of dashes below its head.

    An empty line ends a table: the rows after it are shown as text.
    """
    lines = [line.strip() for line in text.splitlines()]
    for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        begins = line.startswith("|") and not before.startswith("|")
        if begins and not _BELOW_HEAD.fullmatch(after):
            yield line


def headless_columns(text: str) -> Iterator[str]:
    """Heads of tables that do not say of a column what it has.

    That of the first may be left out, where its cells are the heads of rows.
    """
    lines = [line.strip() for line in text.splitlines()]
    for line, after in pairwise(lines):
        first, *others = line.removeprefix("|").removesuffix("|").split("|")
        headed = all(cell.strip() for cell in others) and (first.strip() or len(others) > 1)
        if _BELOW_HEAD.fullmatch(after) and not headed:
            yield line


def swallowed(text: str) -> Iterator[str]:
    """What GitHub takes for HTML and shows as nothing, or as it stands.

    A word in angle brackets is a tag. A comment that begins a line begins a block of HTML: it ends
    the list that it stands in, and nothing on the rest of its line is Markdown.
    """
    bare = _INLINE.sub("", text)
    yield from (found[0] for found in _TAG.finditer(bare))
    yield from (found[0] for found in _COMMENT_AND_MORE.finditer(bare))


def skipped_levels(text: str) -> Iterator[str]:
    """Headings that are more than one level below the one before them."""
    before = 0
    for found in _HEADING.finditer(text):
        if len(found[1]) > before + 1:
            yield found[2]
        before = len(found[1])


def too_wide(block: Block) -> Iterator[str]:
    """Lines that have to be scrolled to be read, and need not be so long.

    A command that is typed in two shells cannot be broken, since each has a mark of its own for it;
    nor can the line of another program's output. A comment can stand above its line.
    """
    for line in block.text.splitlines():
        if len(line) > WIDEST and (block.language in _BREAKABLE or " # " in line):
            yield line


def blocks(page: Path) -> Iterator[Block]:
    for found in _FENCED.finditer(page.read_text()):
        yield Block(found[2], found[3].strip(), found[4])


def blocks_under(page: Path, heading: str) -> Iterator[Block]:
    """The blocks below a heading, up to the next one of its level or above."""
    text = page.read_text()
    # A comment in a block looks like a heading.
    bare = _FENCED.sub(lambda fence: " " * len(fence[0]), text)
    found = next(one for one in _HEADING.finditer(bare) if one[2] == heading)
    after = (one for one in _HEADING.finditer(bare, found.end()) if len(one[1]) <= len(found[1]))
    end = next((one.start() for one in after), len(text))
    for fence in _FENCED.finditer(text, found.end(), end):
        yield Block(fence[2], fence[3].strip(), fence[4])


def lines_of(block: Block) -> Iterator[str]:
    """Its lines without prompts and comments; one that goes on below is one.

    Where lines have a prompt, the others are what was answered.
    """
    goes_on = "`\n" if block.language == "powershell" else "\\\n"
    lines = [line.strip() for line in block.text.replace(goes_on, " ").splitlines()]
    prompted = [line for line in lines if line.startswith(_PROMPT)]
    for line in prompted or lines:
        text = line.removeprefix(_PROMPT)
        if text and not text.startswith("#"):
            yield text


def is_typed(block: Block) -> bool:
    """Whether its lines are typed into a shell."""
    return block.language in _SHELLS or any(
        line.startswith(_PROMPT) for line in block.text.splitlines()
    )


def commands_of(line: str) -> list[list[str]]:
    """The simple commands of a line of shell, without assignments, redirections and comments."""
    inner = re.sub(r"^source <\((.*)\)$", r"\1", line)
    lexer = shlex.shlex(inner, posix=True, punctuation_chars="|;&<>")
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    redirected = False
    for word in lexer:
        if word and set(word) <= set("|;&"):
            commands.append([])
        elif word and set(word) <= set("<>"):
            redirected = True
        elif redirected:
            redirected = False
        else:
            commands[-1].append(word)
    return [command for command in commands if command]
