"""The directory answer: what the worker found about the people of one question."""

from typing import Annotated, Final, Literal

from pydantic import Field

from shared.contracts.messages.contract import Contract, Key, Moment, Name
from shared.contracts.messages.directory_question import MOST_ASKED
from shared.domain.person.preflight import Finding, Unknown

SCHEMA: Final = "sspr-rollout/directory-answer/1"


class PersonFindings(Contract):
    """What was found about one person, in words of closed lists; never a name or a value."""

    key: Name
    """The person's key in the ledger, as the question had it."""
    findings: Annotated[tuple[Finding, ...], Field(max_length=len(Finding))] = ()
    unknown: Annotated[tuple[Unknown, ...], Field(max_length=len(Unknown))] = ()
    """What could not be found out."""


class DirectoryAnswer(Contract):
    """The worker's answer to one question."""

    schema_: Annotated[
        Literal["sspr-rollout/directory-answer/1"], Field(alias="schema", validation_alias="schema")
    ] = SCHEMA
    question_key: Key
    people: Annotated[tuple[PersonFindings, ...], Field(min_length=1, max_length=MOST_ASKED)]
    worker: Name
    answered_at: Moment

    @property
    def message_key(self) -> str:
        """The message's id: an answer that is given twice is delivered once."""
        return f"answer:{self.question_key}"
