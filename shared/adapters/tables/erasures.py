"""How a row of each kind is erased: with its index, or written again without the person."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from shared.adapters.tables.held_events import index_of_held
from shared.adapters.tables.long_text import gathered, spread
from shared.adapters.tables.preflights import QUESTION
from shared.adapters.tables.receipts import index_of_receipt
from shared.adapters.tables.scim_users import index_of_user
from shared.adapters.tables.table import Row, Verb, Write, etag_of
from shared.domain.person.erasure import Subject

type Erasure = Callable[[Row, Subject], list[Write]]
"""Makes the writes of one transaction; the row is guarded as it was read."""


def _alone(row: Row, _: Subject) -> list[Write]:
    return [Write(Verb.DELETE, _place(row), etag_of(row))]


def _with(index: Callable[[Row], list[str]]) -> Erasure:
    def erase(row: Row, subject: Subject) -> list[Write]:
        partition = row["PartitionKey"]
        others = [{"PartitionKey": partition, "RowKey": key} for key in index(row)]
        return [*_alone(row, subject), *(Write(Verb.DELETE, one) for one in others)]

    return erase


def _page(row: Row, subject: Subject) -> list[Write]:
    left = [one for one in json.loads(gathered("People", row) or "[]") if not subject.owns(one[0])]
    text = json.dumps(left, separators=(",", ":"))
    return [Write(Verb.REPLACE, _place(row) | spread("People", text), etag_of(row))]


def _question(row: Row, subject: Subject) -> list[Write]:
    question = QUESTION.read(row)
    left = tuple(one for one in question.people if not subject.owns(one))
    columns = QUESTION.of(replace(question, people=left))
    return [Write(Verb.REPLACE, _place(row) | columns, etag_of(row))]


def _place(row: Row) -> dict[str, str]:
    return {"PartitionKey": row["PartitionKey"], "RowKey": row["RowKey"]}


ERASURES: Mapping[str, Erasure] = {
    "receipt": _with(index_of_receipt),
    "held": _with(index_of_held),
    "scim-user": _with(index_of_user),
    "preflight": _alone,
    "operation": _alone,
    "move-look": _alone,
    "page": _page,
    "question": _question,
}
"""By kind, all that are erased one by one; a test asks for them."""
