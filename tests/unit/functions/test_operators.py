"""Who is let in to the operator API, as whom, and what is written into the audit of them."""

from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from functions import operator_api
from functions.operators import NotAllowed, NotSignedIn, Operators
from shared.adapters.memory.operators import MemoryOperatorTokens
from shared.adapters.memory.turns import Turns
from shared.bootstrap import App
from shared.domain.errors import DirectoryUnavailable, InvalidMessage, NotAuthenticated
from shared.ports.operators import Principal
from shared.ports.senders import Senders
from tests.support.entra_keys import NOW

KEY = Operators(None)
FORGED = {"x-ms-client-principal": "eyJhdXRoX3R5cCI6ImFhZCIsImNsYWltcyI6W119"}
"""What App Service would say of an operator, written by somebody else."""


def by_token(*roles: str, name: str = "ada@contoso.test", object_id: str = "ada-id") -> Operators:
    """A door that knows one token, whose holder has these roles."""
    tokens = MemoryOperatorTokens()
    principal = Principal(object_id=object_id, name=name, roles=frozenset(roles))
    tokens.issue("good", principal, NOW + timedelta(hours=1))
    return Operators(tokens)


GOOD = {"authorization": "Bearer good"}
ENTRA = by_token("Rollout.Operator")


def test_by_key_the_host_asks_for_the_key_and_by_token_nobody_before_us_has_to() -> None:
    assert KEY.auth_level is func.AuthLevel.FUNCTION
    assert ENTRA.auth_level is func.AuthLevel.ANONYMOUS


@pytest.mark.parametrize(
    ("claimed", "actor"),
    [
        ("ada", "key: ada"),
        ("  Ada Lovelace ", "key: Ada Lovelace"),
        ("", "key"),
        (" ", "key"),
        ("J%C3%BCrgen 100%25", "key: Jürgen 100%"),
    ],
)
async def test_by_key_the_actor_is_what_the_caller_claims(claimed: str, actor: str) -> None:
    assert await KEY.admit("POST", {"x-sspr-actor": claimed}, NOW) == actor


async def test_by_key_without_a_name_the_actor_is_the_key() -> None:
    assert await KEY.admit("GET", {}, NOW) == "key"


async def test_by_key_a_claimed_name_cannot_be_mistaken_for_one_that_entra_vouches_for() -> None:
    claimed = await KEY.admit("POST", {"x-sspr-actor": "entra: ada@contoso.test (ada-id)"}, NOW)
    assert claimed == "key: entra: ada@contoso.test (ada-id)"


@pytest.mark.parametrize(
    "claimed", ["a\x1b[31m", "a\nb", "a\x00", "\u202eada", "a%1B[31m", "%FF", "a" * 101]
)
async def test_by_key_a_name_with_control_characters_or_of_great_length_is_refused(
    claimed: str,
) -> None:
    with pytest.raises(InvalidMessage) as caught:
        await KEY.admit("POST", {"x-sspr-actor": claimed}, NOW)
    assert caught.value.field == "x-sspr-actor"


async def test_by_key_the_headers_of_app_service_and_tokens_count_for_nothing() -> None:
    assert await KEY.admit("POST", FORGED | GOOD, NOW) == "key"


@pytest.mark.parametrize(
    ("method", "role"),
    [("GET", "Rollout.Reader"), ("GET", "Rollout.Operator"), ("POST", "Rollout.Operator")],
)
async def test_by_token_the_actor_is_the_name_and_object_id_in_it(method: str, role: str) -> None:
    actor = await by_token("Other.Role", role).admit(method, GOOD, NOW)
    assert actor == "entra: ada@contoso.test (ada-id)"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
async def test_by_token_a_claimed_name_counts_for_nothing(scheme: str) -> None:
    headers = {"authorization": f"{scheme} good", "x-sspr-actor": "root", **FORGED}
    assert await ENTRA.admit("POST", headers, NOW) == "entra: ada@contoso.test (ada-id)"


@pytest.mark.parametrize(
    ("method", "roles", "wanted"),
    [
        ("POST", ["Rollout.Reader"], "the app role Rollout.Operator"),
        ("DELETE", ["Rollout.Reader"], "the app role Rollout.Operator"),
        ("GET", [], "the app role Rollout.Reader or Rollout.Operator"),
        ("GET", ["rollout.reader"], "the app role Rollout.Reader or Rollout.Operator"),
    ],
)
async def test_by_token_without_the_role_the_refusal_names_the_role(
    method: str, roles: list[str], wanted: str
) -> None:
    with pytest.raises(NotAllowed, match=wanted):
        await by_token(*roles).admit(method, GOOD, NOW)


async def test_by_token_a_name_says_nothing_that_a_terminal_would_obey() -> None:
    door = by_token("Rollout.Reader", name=f"Ada\x1b[31m{'a' * 200}")
    actor = await door.admit("GET", GOOD, NOW)
    assert actor.startswith("entra: Ada?[31ma")
    assert len(actor) < 130


@pytest.mark.parametrize(
    "headers",
    [
        {},
        FORGED,
        FORGED | {"x-ms-token-aad-access-token": "good", "x-ms-token-aad-id-token": "good"},
        FORGED | {"x-functions-key": "good"},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer  "},
        {"authorization": "good"},
        {"authorization": "Basic good"},
        {"authorization": "PoP good"},
    ],
    ids=range(10),
)
async def test_by_token_nobody_is_let_in_who_shows_none(headers: dict[str, str]) -> None:
    with pytest.raises(NotSignedIn):
        await ENTRA.admit("GET", headers, NOW)


async def test_by_token_what_entra_never_issued_or_no_longer_vouches_for_opens_nothing() -> None:
    for headers, at in (
        ({"authorization": "Bearer forged"}, NOW),
        (GOOD, NOW + timedelta(hours=2)),
    ):
        with pytest.raises(NotAuthenticated):
            await ENTRA.admit("GET", headers, at)


async def test_by_token_while_nothing_can_be_checked_nobody_is_let_in() -> None:
    turns = Turns()
    turns.fail("operator_tokens.principal_of", DirectoryUnavailable("away"))
    with pytest.raises(DirectoryUnavailable):
        await Operators(MemoryOperatorTokens(turns)).admit("GET", GOOD, NOW)


def no_world() -> App:
    """An app that counts who is turned away, and in which nothing else can be reached."""
    nothing: Any = None
    return App(world=nothing, senders=Senders(sources={}), dependencies=())


def operator_functions(operators: Operators) -> list[func.decorators.function_app.Function]:
    app = func.FunctionApp()
    app.register_functions(operator_api.blueprint(no_world, operators))
    found = app.get_functions()
    assert len(found) > 20
    return found


@pytest.mark.parametrize("operators", [KEY, ENTRA], ids=["key", "entra"])
def test_every_function_for_operators_has_the_auth_level_of_their_door(
    operators: Operators,
) -> None:
    levels = {
        trigger.get_dict_repr()["authLevel"]
        for one in operator_functions(operators)
        if (trigger := one.get_trigger())
    }
    assert levels == {operators.auth_level}


async def test_by_token_every_function_for_operators_turns_a_stranger_away_first() -> None:
    """Before it reads the body, and before there is a world to touch."""
    for one in operator_functions(ENTRA):
        for headers in ({"x-sspr-actor": "root"}, FORGED, {"authorization": "Bearer forged"}):
            request = func.HttpRequest("GET", "/", headers=headers, body=b"{}")
            answer = await one.get_user_function()(request)
            assert answer.status_code == 401, one.get_function_name()
