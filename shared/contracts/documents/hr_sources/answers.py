"""The words for what a sender is answered, also before its first event."""

from typing import Literal

from pydantic import Field

from shared.contracts.documents.hr_sources.expression import Expression
from shared.contracts.documents.hr_sources.words import Header, Word
from shared.contracts.documents.part import Part, unless_left_out


class Answer(Part):
    """What a sender is answered, once it has proved who it is."""

    status: Literal[200, 201, 202, 204] = Field(
        202, description="The status where everything was taken; some senders want 200 alone."
    )
    body: Literal["keys", "empty"] = Field(
        "keys",
        description="keys: JSON with the keys of the events, what was left alone and what was "
        "refused. empty: nothing.",
    )
    partly: Literal[200, 202, 207, 400, 409, 422] = Field(
        207, description="The status where some records were refused, and the others taken."
    )
    refused: Literal[200, 202, 207, 400, 409, 422] = Field(
        400,
        description="The status where nothing of it could be taken. With one of 200 to 299 the "
        "sender does not send it again; it is kept here all the same.",
    )


class Handshake(Part):
    """A message that is no event: the sender wants an answer before it sends any, or tests us."""

    header: Header | None = Field(
        None, json_schema_extra=unless_left_out, description="The header whose value is given back."
    )
    query: Word | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The parameter of the address whose value is given back.",
    )
    body: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Where in the body the value stands that is given back.",
    )
    show: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Where in the body a token stands that a person has to see: it is kept, and "
        "shown by `sspr refused --bodies`.",
    )
    ping: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="True of a test message, of which nothing is to come. An empty body is null.",
    )
    answer: Word | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description='Of header, query and body: the field of the JSON answer, {"challenge": …}; by '
        "default the value is answered as plain text.",
    )
    when: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Of body and show: what else has to be true of the body.",
    )
    proof: Literal["required", "none"] | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Whether it has to be proved who asks: by default of body and ping alone; most "
        "senders ask for the others before they can sign.",
    )
