"""Which of several servers is asked: the preferred one, and another while it is away."""

from collections.abc import Callable, Sequence

from hybrid_worker.settings import Place

_REST = 60.0
"""Seconds for which a server that failed is asked last."""
_GO_BACK_EVERY = 900.0
"""Seconds after which a server further back is left for the first one again."""


class Controllers:
    """The servers in the order in which they are to be tried; it talks to none of them."""

    def __init__(
        self,
        places: Sequence[Place],
        preferred: Callable[[], str | None],
        clock: Callable[[], float],
    ) -> None:
        self._places = tuple(places)
        self._preferred = preferred
        self._clock = clock
        self._failed_at: dict[Place, float] = {}
        self._used_since = clock()
        self.current = self._places[0]
        """The one that was connected to last."""

    def in_order(self) -> list[Place]:
        """Returns all of them: those that failed a short while ago last, the preferred one first.

        A preferred one that the settings do not name is not used: nobody has vouched for it.
        """
        return sorted(self._places, key=lambda place: (self._rests(place), self._rank(place)))

    def use(self, place: Place) -> None:
        """Notes which one is connected to."""
        self.current = place
        self._used_since = self._clock()
        self._failed_at.pop(place, None)

    def failed(self, place: Place) -> None:
        """Notes that one did not answer as it should."""
        self._failed_at[place] = self._clock()

    def is_time_to_go_back(self) -> bool:
        """Tells whether one that goes before the one in use may be tried again."""
        settled = self._clock() - self._used_since >= _GO_BACK_EVERY
        return settled and self.in_order()[0] != self.current

    def _rests(self, place: Place) -> bool:
        failed = self._failed_at.get(place)
        return failed is not None and self._clock() - failed < _REST

    def _rank(self, place: Place) -> tuple[bool, int]:
        preferred = (self._preferred() or "").rstrip(".").lower()
        is_other = place.name.rstrip(".").lower() != preferred
        return is_other, self._places.index(place)
