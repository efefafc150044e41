"""The minute's work: each part has its turn, and nothing that failed is hidden."""

from collections.abc import Awaitable, Callable

import pytest

from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.use_cases.tick import all_in_turn


class Works:
    """Pieces of work that note their turns, and fail as they are told."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def named(self, name: str, error: Exception | None = None) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            self.done.append(name)
            if error:
                raise error

        return work


async def test_each_has_its_turn_in_their_order() -> None:
    works = Works()
    await all_in_turn([works.named("a"), works.named("b"), works.named("c")])
    assert works.done == ["a", "b", "c"]


async def test_one_that_fails_keeps_no_other_from_its_turn_and_is_raised_as_it_is() -> None:
    works, error = Works(), DirectoryUnavailable("Graph is away")
    with pytest.raises(DirectoryUnavailable) as raised:
        await all_in_turn([works.named("a", error), works.named("b"), works.named("c")])
    assert raised.value is error
    assert works.done == ["a", "b", "c"]


async def test_all_that_fail_are_raised_together() -> None:
    works, first, last = Works(), DirectoryUnavailable("Graph"), LedgerConflict("rows")
    with pytest.raises(ExceptionGroup) as raised:
        await all_in_turn([works.named("a", first), works.named("b"), works.named("c", last)])
    assert raised.value.exceptions == (first, last)
    assert works.done == ["a", "b", "c"]
