"""The directory question: people whose accounts the worker looks at, without writing anything.

It travels on the queue of the commands, which go before it. A worker of before it refuses it by
its schema. Nothing is kept of it on-premises: asked twice, it is answered twice alike.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import Field

from shared.contracts.messages.contract import Contract, Key, Moment, by_our_clock
from shared.contracts.messages.directory_command import CommandMember

SCHEMA: Final = "sspr-rollout/directory-question/1"
MOST_ASKED = 200
"""People of one question: as many as are looked up without a command having to wait for long."""
LONGEST_QUESTION = timedelta(hours=1)
"""No question is answered later than this after it was asked, whatever it says itself."""
_CLOCKS_DIFFER = timedelta(minutes=10)
"""As far may two clocks that are kept be apart."""


class DirectoryQuestion(Contract):
    """Would a password reset of these people be written back?"""

    schema_: Annotated[
        Literal["sspr-rollout/directory-question/1"],
        Field(alias="schema", validation_alias="schema"),
    ] = SCHEMA
    question_key: Key
    people: Annotated[tuple[CommandMember, ...], Field(min_length=1, max_length=MOST_ASKED)]
    asked_at: Moment
    expires_at: Moment
    """After this nobody waits for the answer, and the worker drops the question."""

    def is_over(self, now: datetime) -> bool:
        """Tells by the reader's clock whether anybody may still wait for the answer."""
        ahead = self.asked_at - now > _CLOCKS_DIFFER
        asked = by_our_clock(self.asked_at, now) if ahead else self.asked_at
        return min(self.expires_at, asked + LONGEST_QUESTION) < now

    @property
    def message_key(self) -> str:
        """The message's id: one question is one message, however often it is sent."""
        return f"question:{self.question_key}"

    @classmethod
    def found_in(cls, body: bytes) -> Self | None:
        """Returns the question that a message is by its own word, or None if it says otherwise.

        Raises:
            InvalidMessage: it says to be a question and is none.
        """
        return cls.read(body) if f'"{SCHEMA}"'.encode() in body else None
