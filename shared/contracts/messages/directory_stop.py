"""The directory stop: every directory command issued before it is void, wherever it is by now.

It travels on the queue of the commands and overtakes them: the worker looks for it before it
carries anything out. It needs no opposite. What is issued after a stop has ended is newer than it,
and so is carried out; what is older stays void, and is asked for anew by the cloud.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import Field

from shared.contracts.messages.contract import Contract, Moment, by_our_clock
from shared.contracts.messages.directory_command import CLOCKS_DIFFER

SCHEMA: Final = "sspr-rollout/directory-stop/1"


class DirectoryStop(Contract):
    """Nothing is written in the name of a command that was issued before this moment."""

    schema_: Annotated[
        Literal["sspr-rollout/directory-stop/1"], Field(alias="schema", validation_alias="schema")
    ] = SCHEMA
    stopped_at: Moment
    """By the cloud's clock, as the commands' own times are."""

    def by_our_clock(self, now: datetime) -> Self:
        """Returns the same stop at a time that is possible by the reader's clock.

        One that claims to be of the future would void every command to come.
        """
        ahead = self.stopped_at - now > CLOCKS_DIFFER
        at = by_our_clock(self.stopped_at, now) if ahead else self.stopped_at
        return self.model_copy(update={"stopped_at": at})

    @property
    def message_key(self) -> str:
        """The message's id: one stop is one message, however often it is sent."""
        return f"stop:{self.stopped_at.isoformat()}"
