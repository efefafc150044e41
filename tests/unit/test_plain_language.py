"""The language of what readers get: nothing that the checker knows of is wrong in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.plain_language import (
    FIRST_PAGE,
    LONGEST_SENTENCE,
    SHELL_SCRIPTS,
    Fault,
    Text,
    alarms,
    broken_commands,
    broken_links,
    durations,
    everything,
    faults,
    glossary_terms,
    long_sentences,
    looked_up_terms,
    messages,
    of,
    pages,
    private_words,
    script,
    scripts,
    unexplained_terms,
    unreleased,
    unrendered_tables,
    workbook,
)
from tests.support.plain_words import PRIVATE, TERMS
from tests.support.repository import ROOT

PLAIN = "You pause the rollout. It waits for 30 minutes; `30m` in a setting.\n"
WORDS_AT_MOST = " ".join(["word"] * LONGEST_SENTENCE)


def test_the_repository_speaks_plainly() -> None:
    """To mend what it names: `python -m tests.support.plain_language` lists all of it."""
    assert [str(fault) for fault in everything()] == []


def test_pages_messages_and_alarms_are_read() -> None:
    """So that the test above does not pass for want of texts."""
    assert {"README.md", "docs/operations.md"} <= {text.place for _, text in pages()}
    said = {text.place: text.lines[-1] for text in messages()}
    assert {"cli/exits.py", "shared/domain/person/reasons.py"} <= set(said)
    reasons = [text.lines[-1] for text in messages() if text.place.endswith("/reasons.py")]
    assert "The membership was written." in reasons
    (rules,) = (text for text in alarms() if text.place.endswith("alerts.bicep"))
    assert any("dead letters" in line for line in rules.lines)


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (long_sentences, f"{WORDS_AT_MOST} more."),
        (long_sentences, f"- An item of a list. {WORDS_AT_MOST},\n  more."),
        (long_sentences, f"> A quotation, {WORDS_AT_MOST}."),
        (private_words, "The clock puts them in."),
        (private_words, "| a cell | which is heeded |"),
        (durations, "soak: PT30M"),
        (durations, "```yaml\nsoak: P7D\n```"),
        (durations, "It takes 30 s."),
        (unrendered_tables, "| a | b |\n|---|---|\n| one |"),
        (unrendered_tables, "| a | b |\n|---|---|\n| `x | y` | two |"),
        (unrendered_tables, "| a | b |\n|---|---|\n| 1 | 2 |\n\n| 3 | 4 |\n| 5 | 6 |"),
        (broken_commands, "```sh\nsspr unroll early\n```"),
        (broken_commands, "```\n$ sspr pause --reason lunch --quietly\n```"),
        (looked_up_terms, "The ledger has it."),
    ],
)
def test_a_fault_is_found_in_its_line(check: Callable[[Text], Iterator[Fault]], wrong: str) -> None:
    assert list(check(of("a page", PLAIN))) == []
    (fault, *_) = check(of("a page", f"{PLAIN}\n{wrong}\n"))
    assert fault.place == "a page"
    assert fault.line > 2
    assert str(fault).startswith(f"a page:{fault.line}: ")


def test_what_is_right_is_not_complained_of() -> None:
    page = f"""# The clock

{WORDS_AT_MOST}. `{WORDS_AT_MOST}` counts as one.

```sh
sspr status   # the clock
```

| a | b |
|---|---|
| {WORDS_AT_MOST} {WORDS_AT_MOST} | `x \\| y` |

`PT30M` is ISO 8601.
"""
    text = of("a page", page.replace("# The clock", "# Time"))
    for check in (long_sentences, private_words, durations, unrendered_tables, broken_commands):
        assert [str(fault) for fault in check(text)] == []


def test_scripts_the_workbook_and_what_is_not_released_yet_are_read() -> None:
    said = [(text.place, line) for text in scripts() for line in text.lines if line]
    assert {place for place, _ in said} >= {
        "infra/graph/Graph.ps1",
        "infra/worker/windows/Install-SsprWorker.ps1",
        "infra/worker/windows/parts/Release.ps1",
        *SHELL_SCRIPTS,
    }
    assert ("infra/graph/Graph.ps1", "Nothing was changed; -Apply does it.") in said
    assert any("Installs the SSPR worker" in line for _, line in said)
    assert "Where the rollout is" in {text.lines[-1] for text in workbook()}
    released = "# Changelog\n\nFirst.\n\n## [Unreleased]\n\n- News.\n\n## [0.2.0]\n\n- Of before.\n"
    shown = [line for line in unreleased(released).lines if line]
    assert shown == ["# Changelog", "First.", "## [Unreleased]", "- News."]
    assert unreleased().lines[0] == shown[0]


@pytest.mark.parametrize(
    "wrong",
    [
        "Write-Output 'Mend that, and run it again.'",
        'throw "It took 30 s, then the`"end`" came"',
        "    echo 'Nothing is told of it' >&2",
        f'Stop-WithRemedy -Problem "{WORDS_AT_MOST} more."',
        "<#\n.SYNOPSIS\nMends what is there.\n#>",
    ],
)
def test_a_fault_in_what_a_script_says_is_found_in_its_line(wrong: str) -> None:
    (fault,) = (fault for text in script("a script", f"\n{wrong}") for fault in faults(text))
    assert fault.line == (4 if wrong.startswith("<#") else 2)


@pytest.mark.parametrize(
    "right",
    [
        "# Mend that, and run it again.",
        "$mended = Get-Item 'mend'",
        "<#\n.EXAMPLE\n.\\Mend.ps1 -Mend 'PT30M'\n#>",
        "Write-Output 'Fix that, and run it again.'",
    ],
)
def test_comments_names_and_what_is_to_be_typed_are_no_prose(right: str) -> None:
    assert [fault for text in script("a script", right) for fault in faults(text)] == []


@pytest.mark.parametrize("name", ["title", "noDataMessage", "json"])
def test_a_fault_in_a_panel_is_found_in_its_line_and_none_in_its_query(name: str) -> None:
    planted = f'{{\n "query": "told",\n "{name}": "The \\"query\\" was told"\n}}'
    (fault,) = (fault for text in workbook(planted) for fault in faults(text))
    assert (fault.line, fault.words) == (3, "told")


def test_a_fault_in_what_is_not_released_yet_is_found_and_history_keeps_its_words() -> None:
    page = "# Changelog\n\n## [Unreleased]\n\n- It is mended.\n\n## [0.1.0]\n\n- Mended.\n"
    (fault,) = faults(unreleased(page))
    assert (fault.line, fault.words) == (5, "mended")


@pytest.mark.parametrize("wrong", ["[there](nowhere.md)", "[there](README.md#nowhere)"])
def test_a_link_that_leads_nowhere_is_found(wrong: str) -> None:
    assert list(broken_links(ROOT / FIRST_PAGE, of(FIRST_PAGE, "[here](README.md#a-tour)"))) == []
    assert [fault.line for fault in broken_links(ROOT / FIRST_PAGE, of(FIRST_PAGE, f"\n{wrong}"))]


def test_a_term_that_the_glossary_lacks_is_found(tmp_path: Path) -> None:
    glossary = tmp_path / "glossary.md"
    glossary.write_text("| word | meaning |\n|---|---|\n| wave, ring | a step |\n")
    text = of("a page", "A wave has a gate.")
    assert [fault.words for fault in unexplained_terms(text, glossary_terms(glossary))] == ["gate"]


def test_every_term_of_ours_stands_in_the_glossary() -> None:
    assert set(TERMS) <= glossary_terms()


def test_the_plain_word_is_not_itself_a_private_one() -> None:
    for word in PRIVATE:
        assert list(private_words(of("the list", word.plain))) == [], word
