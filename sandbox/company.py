"""Contoso: the people and groups that the sandbox's tenant and domain are seeded with.

Pure data: the same size, seed and day give the same company in every process, so that the
tenant and the domain controller agree on who exists without talking to each other.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from random import Random
from typing import Any
from uuid import UUID, uuid5

AD_DOMAIN = "corp.contoso.test"
UPN_SUFFIX = "contoso.test"
INITIAL_PASSWORD = "Welcome-2-Contoso!"
"""What everybody's password is until somebody resets it."""

SCOPE_GROUP = "SSPR-Scope"
"""The cloud group that is selected in SSPR."""
SYNCED_SCOPE_GROUP = "SSPR-Enabled-Users"
"""The AD group that is synced, and nested in `SCOPE_GROUP`."""
EXCLUDED_GROUP = "SSPR-Excluded"
"""The cloud group whose members are never to be enrolled."""

SITES = {"Seattle": "US", "London": "GB", "Munich": "DE", "Bangalore": "IN", "Melbourne": "AU"}
"""Site to country, as `usageLocation` wants it."""
_JOB_TITLES = {
    "Engineering": "Engineer",
    "Sales": "Account Manager",
    "Finance": "Accountant",
    "Human Resources": "Recruiter",
    "Operations": "Technician",
    "Legal": "Counsel",
}
DEPARTMENTS = tuple(_JOB_TITLES)
DIRECTORY_ROLES = ("Helpdesk Administrator", "User Administrator")

_IDS = UUID("5f3c2a52-0d57-4b1f-9a43-6d5c0a7e51d1")
_DAY_ONE = date(2026, 1, 5)
_FIRST_GENERATED_ID = 100_100
_ONE_CONTRACTOR_IN = 20
# Short names only: given.surname and a number must fit sAMAccountName's 20 characters.
_GIVEN_NAMES = (
    "Abel Aida Akira Amara Anton Bela Bjorn Carla Cem Chidi Clara Dario Diya Edda Elif Emre "
    "Esme Farid Femi Freya Gita Hana Hugo Ines Ivan Jana Joao Kaito Karin Kofi Lara Leon Lina "
    "Mateo Mei Milan Mira Nadia Nils Noor Omar Otto Paola Priya Quinn Rania Remy Rosa Sami "
    "Selma Sven Tariq Thea Uma Viktor Wanda Yara Yusuf Zoe Zuri"
)
_SURNAMES = (
    "Abara Adler Alves Aoki Bauer Becker Brandt Cohen Costa Dahl Diaz Dubois Egger Fischer "
    "Forsyth Garcia Gupta Haas Hansen Iyer Ito Jansen Kaya Keller Khan Kim Koch Kovacs Kumar "
    "Lang Larsen Levi Lopez Marino Mensah Meyer Mori Nagy Novak Nowak Okafor Olsen Park Patel "
    "Peeters Popov Reyes Rossi Sato Schmid Silva Singh Suarez Tanaka Toth Vargas Vogel Wagner "
    "Weber Yilmaz"
)


class Home(StrEnum):
    """Where a person's account lives on the sandbox's first day."""

    HYBRID = "hybrid"
    """In AD and, through Entra Connect, in Entra."""
    CLOUD = "cloud"
    """In Entra only."""
    AD_ONLY = "adOnly"
    """A brand-new hire: in AD, but no sync has run since."""
    HR_ONLY = "hrOnly"
    """Known to HR; the names are what the account will get."""


@dataclass(frozen=True, kw_only=True)
class Employee:
    """One person, as HR, AD and Entra would describe them together."""

    employee_id: str | None
    given_name: str
    surname: str
    user_principal_name: str
    sam_account_name: str | None
    """None for who has no account in AD and will get none: cloud-only people and guests."""
    mail: str
    department: str
    site: str
    hire_date: date
    home: Home
    guest: bool = False
    disabled: bool = False
    unlicensed: bool = False
    directory_role: str | None = None
    protected: bool = False
    """`adminCount=1` in AD: a password writeback is refused."""
    excluded: bool = False
    """A member of `EXCLUDED_GROUP`."""

    @property
    def display_name(self) -> str:
        """Given name and surname."""
        return f"{self.given_name} {self.surname}"

    @property
    def employee_type(self) -> str | None:
        """What HR calls the contract: "Employee", or of a few "Contractor"; guests have none."""
        if self.employee_id is None:
            return None
        return "Employee" if int(self.employee_id) % _ONE_CONTRACTOR_IN else "Contractor"

    @property
    def employer(self) -> str:
        """The company that pays the person."""
        return "Contoso" if self.employee_type == "Employee" else "Fabrikam"

    @property
    def job_title(self) -> str:
        """What the person does in the department."""
        return _JOB_TITLES[self.department]

    @property
    def is_special(self) -> bool:
        """Whether something keeps the person from ever being enrolled."""
        return bool(
            self.guest
            or self.disabled
            or self.unlicensed
            or self.directory_role
            or self.protected
            or self.excluded
        )

    @property
    def object_id(self) -> str:
        """The id that the person's object in Entra gets."""
        return object_id("user", self.user_principal_name)

    @property
    def in_ad(self) -> bool:
        """Whether the domain controller is seeded with this person."""
        return self.home in {Home.HYBRID, Home.AD_ONLY}

    @property
    def in_cloud(self) -> bool:
        """Whether Entra knows this person after the initial sync."""
        return self.home in {Home.HYBRID, Home.CLOUD}


@dataclass(frozen=True)
class Company:
    """Everybody, the people with fixed names first."""

    people: tuple[Employee, ...]

    @cached_property
    def by_upn(self) -> dict[str, Employee]:
        """People by user principal name in lower case."""
        return {person.user_principal_name.lower(): person for person in self.people}

    @property
    def people_in_ad(self) -> list[Employee]:
        """Who the domain controller is seeded with: hybrid people and brand-new hires."""
        return [person for person in self.people if person.in_ad]

    @property
    def people_synced(self) -> list[Employee]:
        """Who the initial full sync brings to Entra."""
        return [person for person in self.people if person.home is Home.HYBRID]

    @property
    def people_not_yet_synced(self) -> list[Employee]:
        """Brand-new hires: in AD, but only the next delta sync will see them."""
        return [person for person in self.people if person.home is Home.AD_ONLY]

    @property
    def people_in_cloud(self) -> list[Employee]:
        """Who is in Entra after the initial sync: synced people, cloud-only people, guests."""
        return [person for person in self.people if person.in_cloud]

    @property
    def people_mastered_in_cloud(self) -> list[Employee]:
        """Who the tenant creates itself: cloud-only people and guests."""
        return [person for person in self.people if person.home is Home.CLOUD]

    @property
    def people_in_hr_only(self) -> list[Employee]:
        """Who has no account anywhere yet."""
        return [person for person in self.people if person.home is Home.HR_ONLY]


def object_id(kind: str, name: str) -> str:
    """The fixed Entra object id of a `kind` ("user", "group", "role") called `name`."""
    return str(uuid5(_IDS, f"{kind}:{name.lower()}"))


def build_company(size: int = 300, *, seed: int = 1, today: date = _DAY_ONE) -> Company:
    """Make the company: the people with fixed names, then generated ones up to `size`.

    Args:
        size: how many people in all.
        seed: of the dice that deal names, departments, sites and kinds.
        today: the day from which newcomers' hire dates are counted; everybody else's are fixed.

    Raises:
        ValueError: `size` does not even hold the people with fixed names.
    """
    known = _known_people(today)
    if size < len(known):
        raise ValueError(f"size: {size} is fewer than the {len(known)} people with fixed names")
    return Company((*known, *_generated_people(size - len(known), Random(seed), today)))


def _known_people(today: date) -> list[Employee]:
    long_ago = date(2019, 4, 1)
    ada = Employee(
        employee_id="100001",
        given_name="Ada",
        surname="Lovelace",
        user_principal_name=f"ada@{UPN_SUFFIX}",
        sam_account_name="ada",
        mail=f"ada@{UPN_SUFFIX}",
        department="Engineering",
        site="London",
        hire_date=long_ago,
        home=Home.HYBRID,
    )

    def known(number: int, given: str, surname: str, **differences: Any) -> Employee:
        name = given.lower()
        address = f"{name}@{UPN_SUFFIX}"
        same = replace(ada, employee_id=str(number), given_name=given, surname=surname)
        same = replace(same, user_principal_name=address, mail=address, sam_account_name=name)
        return replace(same, **differences)

    cloud: dict[str, Any] = {"home": Home.CLOUD, "sam_account_name": None}
    return [
        ada,
        known(100_002, "Grace", "Hopper", **cloud),
        known(100_003, "Alan", "Turing", home=Home.AD_ONLY, hire_date=today),
        known(
            100_004,
            "Gustav",
            "Guest",
            **cloud,
            guest=True,
            employee_id=None,
            user_principal_name=_guest_upn("gustav"),
            mail="gustav@fabrikam.test",
        ),
        known(100_005, "Dora", "Disabled", disabled=True),
        known(100_006, "Una", "Unlicensed", **cloud, unlicensed=True),
        known(100_007, "Rolf", "Role", directory_role=DIRECTORY_ROLES[0]),
        known(100_008, "Petra", "Protected", protected=True),
        known(100_009, "Xenia", "Excluded", excluded=True),
        known(100_010, "Hedy", "Later", home=Home.HR_ONLY, hire_date=today + timedelta(days=14)),
        known(100_099, "Tweedledum", "Twin"),
        known(100_099, "Tweedledee", "Twin"),
    ]


def _guest_upn(name: str) -> str:
    return f"{name}_fabrikam.test#EXT#@{UPN_SUFFIX}"


def _generated_people(count: int, dice: Random, today: date) -> Iterator[Employee]:
    given_names, surnames = _GIVEN_NAMES.split(), _SURNAMES.split()
    taken: Counter[str] = Counter()
    for number, kind in enumerate(_kinds(count, dice), start=_FIRST_GENERATED_ID):
        given, surname = dice.choice(given_names), dice.choice(surnames)
        name = f"{given}.{surname}".lower()
        taken[name] += 1
        name += str(taken[name]) if taken[name] > 1 else ""
        in_cloud_only, guest = kind["home"] is Home.CLOUD, "guest" in kind
        yield Employee(
            employee_id=None if guest else str(number),
            given_name=given,
            surname=surname,
            user_principal_name=_guest_upn(name) if guest else f"{name}@{UPN_SUFFIX}",
            sam_account_name=None if in_cloud_only else name,
            mail=f"{name}@fabrikam.test" if guest else f"{name}@{UPN_SUFFIX}",
            department=dice.choice(DEPARTMENTS),
            site=dice.choice(list(SITES)),
            hire_date=_hire_date(kind["home"], dice, today),
            **kind,
        )


def _hire_date(home: Home, dice: Random, today: date) -> date:
    if home is Home.AD_ONLY:
        return today + timedelta(days=dice.randrange(-3, 4))
    if home is Home.HR_ONLY:
        return today + timedelta(days=dice.randrange(7, 30))
    return date(2012, 1, 1) + timedelta(days=dice.randrange(5000))


def _kinds(count: int, dice: Random) -> list[dict[str, Any]]:
    """Deal `count` kinds: about 1 % of each special one, of the rest three quarters hybrid."""
    flags = (
        {"disabled": True},
        {"unlicensed": True},
        {"excluded": True},
        {"directory_role": DIRECTORY_ROLES[1]},
    )
    special: list[dict[str, Any]] = [
        {"home": Home.CLOUD, "guest": True},
        {"home": Home.AD_ONLY},
        {"home": Home.HR_ONLY},
        {"home": Home.HYBRID, "protected": True},
        *({"home": home, **flag} for home in (Home.HYBRID, Home.CLOUD) for flag in flags),
    ]
    kinds = special * max(1, count // 100)
    ordinary = (Home.HYBRID, Home.HYBRID, Home.HYBRID, Home.CLOUD)
    kinds += [{"home": ordinary[index % 4]} for index in range(count - len(kinds))]
    dice.shuffle(kinds)
    return kinds[:count]
