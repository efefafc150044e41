"""The operator API's answers about people: the way of each, and what would become of them."""

from datetime import date

from shared.contracts.api.method_request import MethodsAsked
from shared.contracts.api.people_parts import PartAsked, PartView
from shared.contracts.api.view import View
from shared.contracts.api.words import PersonState
from shared.contracts.messages.contract import Moment


class CauseView(View):
    """What made the product touch somebody, and who is behind it."""

    kind: str
    """`event`, `new-hire`, `wave`, `override` or `found`."""
    reference: str
    """The event's key, the wave's name or the operator's reason."""
    actor: str


class ClaimView(View):
    """A cause that wants the person in scope; whoever nothing claims is taken out again."""

    cause: CauseView
    until: Moment | None
    over: bool
    """Whether its time has passed; it counts no more."""


class ExclusionView(View):
    """What keeps the person out, whoever wants them in."""

    reason: str
    text: str
    detail: str
    """What the operator gave as the reason."""
    actor: str
    until: Moment | None
    over: bool
    """Whether its time has passed; it counts no more."""


class StepView(View):
    """One step of a person's way; `state` is the state after it."""

    at: Moment
    state: str
    reason: str
    text: str
    detail: str


class MethodView(View):
    """A method that somebody has registered, and whether it counts for a reset today."""

    name: str
    """As the registration report calls it."""
    counting: str
    """`counts`, `beside-another` (it counts, and is not enough alone), `not-yet`, `ended`,
    `not-for-administrators`, `never` or `not-known`."""
    since: date | None = None
    """The first day on which it counts; null where it always has, or never does."""
    until: date | None = None
    """The first day on which it no longer counts; null where no end is known, or it never does."""
    text: str
    """All of it in a sentence, such as `counts until 2027-02-01`."""


class PersonSummary(View):
    """Who somebody is and where they are."""

    key: str
    """The object id, or `employee:…` or `upn:…` for somebody who is not in Entra yet."""
    user_principal_name: str | None
    employee_id: str | None
    state: str
    reason: str
    flag: str | None
    """Why somebody has to look, where nothing moves."""
    since: Moment


class PersonView(PersonSummary):
    """A person's way into scope."""

    reached: tuple[str, ...]
    """The present state, and those of its way that lie before it."""
    final: bool
    """Whether the way has ended: only an event or an operator sets the person going again."""
    text: str
    """The reason in a sentence."""
    flag_text: str | None
    object_id: str | None
    source_anchor: str | None
    source_of_authority: str | None
    """`cloud` or `on-premises`: the directory that holds the membership."""
    provenance: str
    """`ours`, `preexisting` or `unknown`: only what is ours is ever taken out again."""
    cause: CauseView
    claims: tuple[ClaimView, ...]
    exclusion: ExclusionView | None
    due: Moment | None
    deadline: Moment | None
    still_member: bool | None = None
    """Of somebody who is to be out: whether Entra shows them in the scope group all the same.

    Null where they are to be in, or nobody has looked.
    """
    still_member_because: str | None = None
    """Why, in words; null unless Entra shows them so."""
    domain: str | None = None
    """The AD domain that they are synced from, as Entra has it (`onPremisesDomainName`).

    Null of people of the cloud, and where nobody has looked.
    """
    methods: tuple[str, ...] | None = None
    """What the registration report says they have registered; null where it was not read yet."""
    held: tuple[MethodView, ...] | None = None
    """The same methods, each with whether it counts; null where nobody has looked it up."""
    steps: tuple[StepView, ...]


class ForecastView(View):
    """What would become of somebody in Entra whom nothing has asked for yet."""

    object_id: str
    user_principal_name: str | None
    employee_id: str | None
    department: str | None
    domain: str | None = None
    """As for `PersonView`."""
    refusal: str | None
    """Why they may not be enrolled at all."""
    refusal_text: str | None
    member: bool
    """Whether Entra shows them in the scope group all the same."""
    position: float | None
    """Their place in the rollout, from 0 to 1; null where there is none."""
    wave: str | None
    """The first wave that means them; null where none does, or only a plan can tell."""
    begun: bool
    """Whether that wave has begun."""
    new_hire: bool
    """Whether the rule for new hires means them."""
    text: str
    """All of it in a sentence or two."""


class KeptOutView(View):
    """Somebody whom an operator keeps out."""

    key: str
    """Their object id."""
    user_principal_name: str | None = None
    """As remembered, or else as Entra has it; null where neither is known."""
    state: str
    reason: str
    """`excluded-for-good` or `excluded-by-operator`."""
    detail: str
    """What the operator gave as the reason."""
    actor: str
    until: Moment | None


class KeptOutPage(PartView):
    """A part of those whom operators keep out: at most 1,000, or none of a part without any."""

    people: tuple[KeptOutView, ...]
    names_missing: str | None = None
    """Why names are missing that Entra might know; null where it was asked for all of them."""


class PeopleView(View):
    """Everybody whom a name means."""

    people: tuple[PersonView, ...]
    """Those who are remembered."""
    forecast: tuple[ForecastView, ...] = ()
    """Those in Entra who are not, where somebody's way is asked for."""


class ListPeople(PartAsked, MethodsAsked):
    """Which of the people who are remembered, and which part of them."""

    state: PersonState | None = None
    """Only those in this state; without it, everybody in scope."""


class ListedPerson(PersonSummary):
    """Somebody in a list, with what they have registered."""

    wave: str | None
    """The wave that claims them."""
    held: tuple[MethodView, ...] | None
    """What they have registered; null where the registration report was not read yet."""


class PeoplePage(PartView):
    """A part of the people who are meant: at most 1,000 of them, or none of a part without any."""

    people: tuple[ListedPerson, ...]
