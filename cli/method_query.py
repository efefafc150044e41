"""What is asked of the operator API about people: by what they have registered, and their state."""

from typing import TypedDict


class MethodQuery(TypedDict, total=False):
    """The query's parameters for methods, as the operator API names them; left out: whatever."""

    method: str
    onlyMethod: str


class PeopleQuery(MethodQuery, total=False):
    """Those of a list of people."""

    state: str


def methods_asked(method: list[str] | None, only_method: list[str] | None) -> MethodQuery:
    """Returns what the operator API is asked of people's methods; empty where it is nothing."""
    query = MethodQuery()
    if method:
        query["method"] = ",".join(method)
    if only_method:
        query["onlyMethod"] = ",".join(only_method)
    return query
