"""The operation request: the key of an operation to carry out, which stands in the ledger."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.messages.contract import Contract, Key


class OperationRequest(Contract):
    """Makes something happen now that an operator asked for; a copy changes nothing."""

    schema_: Annotated[
        Literal["sspr-rollout/operation-request/1"],
        Field(alias="schema", validation_alias="schema"),
    ] = "sspr-rollout/operation-request/1"
    operation_key: Key
