"""The directory command: what the cloud asks of the hybrid worker.

Never a group: which group the worker may write stands in its own configuration.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.contracts.messages.contract import Contract, Key, Moment, Name, Text, by_the_queue
from shared.domain.person.writes import ScopeAction

MOST_MEMBERS = 500
LONGEST_LIFE = timedelta(days=7)
"""No command is carried out later than this after it was issued, whatever it says itself."""


class CommandMember(Contract):
    """One person, by SID and source anchor; by UPN or employee id where nothing else is known."""

    key: Name
    """The person's key in the ledger; the answer repeats it."""
    source_anchor: Text | None = None
    sid: Text | None = None
    user_principal_name: Text | None = None
    employee_id: Text | None = None

    @model_validator(mode="after")
    def _points_at_somebody(self) -> Self:
        if not (self.sid or self.source_anchor or self.user_principal_name or self.employee_id):
            raise ValueError("give sid, sourceAnchor, userPrincipalName or employeeId")
        return self


class DirectoryCommand(Contract):
    """Add up to 500 people to the scope group in AD, or remove them."""

    schema_: Annotated[
        Literal["sspr-rollout/directory-command/1"],
        Field(alias="schema", validation_alias="schema"),
    ] = "sspr-rollout/directory-command/1"
    command_key: Key
    action: ScopeAction
    members: Annotated[tuple[CommandMember, ...], Field(min_length=1, max_length=MOST_MEMBERS)]
    cause: Text
    actor: Text
    issued_at: Moment
    expires_at: Moment
    """After this the worker refuses it: the cloud has given up on it or asked again."""

    def by_the_queue(self, taken_at: datetime) -> Self:
        """Returns the same command with times that are possible for when its queue took it.

        One that claims to be of the future would outdate every command to come for the same
        accounts; one that never expires could be kept and sent again in years.
        """
        issued = by_the_queue(self.issued_at, taken_at)
        expires = min(self.expires_at, issued + LONGEST_LIFE)
        return self.model_copy(update={"issued_at": issued, "expires_at": expires})
