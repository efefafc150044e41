"""The operator API's answers about who can reset a password today, and who on a day ahead."""

from datetime import date

from shared.contracts.api.method_request import MethodsAsked
from shared.contracts.api.people_parts import PartAsked, PartView
from shared.contracts.api.view import View
from shared.contracts.api.words import ForecastBy


class ForecastOn(MethodsAsked):
    """Which day is asked about, of whom, and by what people are grouped."""

    on: date
    """The day, in UTC, such as 2027-02-01."""
    group_by: ForecastBy = ForecastBy.METHOD
    """`method`, `wave` or `department`."""


class ForecastPage(PartAsked, MethodsAsked):
    """Which day is asked about, and which part of the people."""

    on: date
    """The day, in UTC, such as 2027-02-01."""


class ForecastTally(View):
    """How many people there are of each kind; what is not known to count is not counted."""

    group: str
    """A method, a wave or a department; empty for those in none."""
    people: int
    can_today: int
    can_then: int
    not_known_then: int
    """Of those who cannot then: it hangs on a method that is not known to count."""
    lose: int
    gain: int


class LosingMethods(View):
    """What those who lose it hold, and how many hold just that."""

    methods: tuple[str, ...]
    people: int


class ResetForecastView(View):
    """Everybody in scope, if nobody registers or takes away a method until that day."""

    today: date
    on: date
    group_by: str
    whole: ForecastTally
    groups: tuple[ForecastTally, ...]
    """Those who lose most come first. By method a person is in several."""
    losing: tuple[LosingMethods, ...]
    """The most frequent first."""
    saved_by_one_more: int
    """Of those who lose it: how many keep it by registering one method that counts."""
    resets_in_thirty_days: int
    """That people in scope did by themselves."""
    calls_in_thirty_days: float | None
    """How many of those would come to the helpdesk instead; null where nobody can reset."""
    method: str | None = None
    """What was asked for: only those who hold one of these are counted; null: everybody."""
    only_method: str | None = None
    """Likewise: only those of whom nothing else counts today."""


class ForecastPerson(View):
    """One person, today and on the day."""

    object_id: str
    user_principal_name: str | None
    employee_id: str | None
    wave: str | None
    methods: tuple[str, ...]
    today: str
    """`can`, `cannot` or `not-known`."""
    then: str
    """Likewise."""
    change: str
    """`keeps`, `loses`, `gains` or `never`."""
    ended: tuple[str, ...]
    """Those of the methods that no longer count on that day."""


class ForecastPeople(PartView):
    """A part of the people in scope: at most 1,000 of them, or none of a part without any."""

    people: tuple[ForecastPerson, ...]
