"""The scope change: keys of people whose membership is to be written, and nothing else.

Who is added and who removed stands in the ledger; the message only makes it happen now. So a
copy, a late one or one out of order changes nothing.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.messages.contract import Contract, Key, Name

MOST_KEYS = 500


class ScopeChange(Contract):
    """Up to 500 people to look up in the ledger."""

    schema_: Annotated[
        Literal["sspr-rollout/scope-change/1"], Field(alias="schema", validation_alias="schema")
    ] = "sspr-rollout/scope-change/1"
    change_key: Key
    person_keys: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MOST_KEYS)]
