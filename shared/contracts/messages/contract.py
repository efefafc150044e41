"""What every contract has in common: JSON in camel case, read strictly, refused by field.

Limits stand here, once: what is longer, deeper or further away than any sender of ours writes is
refused with the field's name, before it can reach a column, a message id or a clock.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from shared.domain.errors import InvalidMessage, TooLarge

LARGEST_MESSAGE = 200_000
"""Bytes of a message's body; the Standard tier takes 256 KB with headers."""
LARGEST_BATCH = 240_000
"""Bytes of messages sent at once. The Standard tier takes 262,144; the SDK counts some 50 bytes too
few, and a batch that it has filled to the brim is refused."""
LARGEST_BODY = 1024 * 1024
"""Bytes that are read at all: as much as Event Grid puts into one batch, and as a row holds."""
MOST_EVENTS = 1_000
"""In one message or request."""
DEEPEST = 64
"""Lists and objects within each other; no contract has more than four."""
_MOST_DIGITS = 40
"""Of a whole number; 128 bits have 39."""

Key = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
"""Of a command, a change, an operation or an event, as this product makes them.

It ends in message ids, which hold 128 characters, and in row keys, where a slash, a backslash, a
hash and a question mark must not stand. Sources: `MessageId`, Service Bus quotas; "Characters
disallowed in key fields", Understanding the Table service data model; both Microsoft Learn.
"""
MOST_NAME = 200
Name = Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAME)]
"""Of a person in the ledger, a worker, or something that a sender named: never a message id."""
Word = Annotated[str, StringConstraints(max_length=40)]
MOST_TEXT = 500
Text = Annotated[str, StringConstraints(max_length=MOST_TEXT)]

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2201, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)


def _no_number(value: Any) -> Any:
    # Seconds or milliseconds since when? Whoever sends a number is not understood for certain.
    if isinstance(value, datetime) or (isinstance(value, str) and not _is_number(value)):
        return value
    raise ValueError("give date, time and time zone as text, as in 2026-11-29T08:00:00Z")


def _is_number(text: str) -> bool:
    return text.strip().lstrip("+-").replace(".", "", 1).isdigit()


def _in_bounds(moment: datetime) -> datetime:
    # Compared before it is converted: the year 9999 may have no such time in UTC.
    if not EARLIEST <= moment <= LATEST:
        raise ValueError("has to be between the years 2000 and 2200")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, BeforeValidator(_no_number), AfterValidator(_in_bounds)]
"""A time with its zone, of the years 2000 to 2200, in UTC once it is read.

Storage knows no year before 1601, and no sum of two of these leaves what a datetime can hold.
"""


def by_our_clock(theirs: datetime, now: datetime) -> datetime:
    """Returns a time that another party says has passed: never later than now.

    Their clock may be ahead, or they may lie; what has happened has happened by now.
    """
    return min(theirs, now)


AHEAD_OF_THE_QUEUE: Final = timedelta(minutes=1)
"""As far may a sender's clock be ahead of the queue's; within it what was sent keeps its order."""


def by_the_queue(claimed: datetime, taken_at: datetime) -> datetime:
    """Returns a time that a message says it was sent at: never later than its queue took it.

    Messages that are held against each other are so by the senders' clock, or by the queue's where
    one is too far ahead, and never by that of whoever reads them: it may be slow, and the reading
    late. What was taken later never comes out as sent earlier by it.
    """
    return min(claimed, taken_at + AHEAD_OF_THE_QUEUE)


class Contract(BaseModel):
    """A message or a part of one."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )

    @classmethod
    def read(cls, body: bytes | str) -> Self:
        """Parse JSON text.

        Raises:
            InvalidMessage: naming the first offending field and what is wrong with it.
        """
        return cls.read_object(json_value(body))

    @classmethod
    def read_object(cls, body: Any) -> Self:
        """Parse a JSON value that has been decoded already; raises as `read` does."""
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            raise refusal_of(error) from None

    def text(self) -> bytes:
        """The JSON text that goes over the wire; what is not known is left out."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


def refusal_of(error: ValidationError) -> InvalidMessage:
    """The first complaint of pydantic's in words for the sender, without the value itself."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = _plain(".".join(str(part) for part in first["loc"])) or "(body)"
    reason = _reason(first)
    more = error.error_count() - 1
    return InvalidMessage(field, f"{reason} (and {more} more)" if more else reason)


def _reason(error: Mapping[str, Any]) -> str:
    """Returns what is wanted instead, in words of our own where pydantic's name Python's types."""
    match error["type"]:
        case "extra_forbidden":
            return "no such field is known"
        case "string_too_short":
            return f"write at least {_characters(error['ctx']['min_length'])}"
        case "string_too_long":
            return f"write at most {_characters(error['ctx']['max_length'])}"
        case _:
            return str(error["msg"]).removeprefix("Value error, ")


def _characters(count: int) -> str:
    return f"{count:,} {'character' if count == 1 else 'characters'}"


def _plain(name: str) -> str:
    """Returns a name that a sender gave a field, without what UTF-8 cannot hold."""
    return name.encode("utf-8", "backslashreplace").decode()


def check_size(size: int) -> None:
    """Lets pass a body of so many bytes.

    Raises:
        TooLarge: it is larger than any body that is read.
    """
    if size > LARGEST_BODY:
        raise TooLarge("(body)", f"send at most {LARGEST_BODY:,} bytes at once")


def json_value(body: bytes | str) -> Any:
    """The JSON value of a text, within the limits that hold for all of them.

    Raises:
        InvalidMessage: it is no JSON; it is larger than 1 MiB, or deeper than 64 levels;
            an object says a name twice; a number is not finite, or has more than 40 digits.
    """
    if len(body) > LARGEST_BODY:
        raise InvalidMessage("(body)", f"is larger than {LARGEST_BODY} bytes")
    try:
        value = json.loads(
            body if isinstance(body, str) else body.decode(json.detect_encoding(body)),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_fraction,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise InvalidMessage("(body)", f"not JSON: {error.msg} at {where}") from None
    except UnicodeDecodeError as error:
        raise InvalidMessage("(body)", f"not JSON text in UTF-8: {error}"[:MOST_TEXT]) from None
    except RecursionError:
        raise InvalidMessage("(body)", f"is deeper than {DEEPEST} levels") from None
    _refuse_depth(value)
    return value


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            # Of two readers one takes the first and one the last: what is meant cannot be told.
            raise InvalidMessage(_plain(name), "is said twice")
        found[name] = value
    return found


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise InvalidMessage("(body)", f"a number has more than {_MOST_DIGITS} digits")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise InvalidMessage("(body)", "a number is larger than any that can be held")
    return number


def _constant(name: str) -> Any:
    raise InvalidMessage("(body)", f"{name} is not JSON")


def _refuse_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise InvalidMessage("(body)", f"is deeper than {DEEPEST} levels")
