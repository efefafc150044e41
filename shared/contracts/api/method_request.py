"""Which people are asked for, by what they have registered: as lists and the forecast take it."""

from typing import Annotated

from pydantic import StringConstraints

from shared.contracts.messages.contract import Contract

MOST_METHODS = 400
"""Characters of what a query says of methods: all that are documented, and more."""
Methods = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=MOST_METHODS, pattern=r"^[A-Za-z0-9]{1,60}(,[A-Za-z0-9]{1,60})*$"
    ),
]


class MethodsAsked(Contract):
    """Only people who hold certain methods, as the registration report was read last."""

    method: Methods | None = None
    """Those who hold one of these, with commas between; a name of the report, or `sms`, `voice`,
    `passkey`, `authenticator`, `oath`, `questions`."""
    only_method: Methods | None = None
    """Those of whom nothing else counts for a reset today; likewise."""
