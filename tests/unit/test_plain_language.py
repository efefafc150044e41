"""The language of what readers get: nothing that the checker knows of is wrong in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.plain_language import (
    FIRST_PAGE,
    LONGEST_SENTENCE,
    Fault,
    Text,
    alarms,
    broken_commands,
    broken_links,
    durations,
    everything,
    glossary_terms,
    long_sentences,
    looked_up_terms,
    messages,
    of,
    pages,
    private_words,
    unexplained_terms,
    unrendered_tables,
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
