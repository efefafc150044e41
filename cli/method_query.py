"""What is asked of the operator API about people: by what they have registered, and their state."""

from typing import TypedDict


class PeopleQuery(TypedDict, total=False):
    """Whom the operator API is asked for, by its own names; left out: whoever there is."""

    method: str
    onlyMethod: str
    state: str
    """Of a list of people alone; the forecast is of everybody in scope."""


class Place(TypedDict, total=False):
    """Where to go on in a list of people; left out: from the beginning."""

    after: str


def methods_asked(method: list[str] | None, only_method: list[str] | None) -> PeopleQuery:
    """Returns what the operator API is asked of people's methods; empty where it is nothing."""
    query = PeopleQuery()
    if method:
        query["method"] = ",".join(method)
    if only_method:
        query["onlyMethod"] = ",".join(only_method)
    return query
