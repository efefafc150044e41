"""The directory command: what the cloud asks of the hybrid worker.

Never a group: which group the worker may write stands in its own configuration.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.contracts.messages.contract import Contract, Key, Moment, Text
from shared.domain.person.writes import ScopeAction

MOST_MEMBERS = 500


class CommandMember(Contract):
    """One person, by source anchor and SID; by UPN or employee id where nothing else is known."""

    key: Key
    """The person's key in the ledger; the answer repeats it."""
    source_anchor: Text | None = None
    sid: Text | None = None
    user_principal_name: Text | None = None
    employee_id: Text | None = None

    @model_validator(mode="after")
    def _points_at_somebody(self) -> Self:
        if not (self.source_anchor or self.user_principal_name or self.employee_id):
            raise ValueError("give sourceAnchor, userPrincipalName or employeeId")
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
