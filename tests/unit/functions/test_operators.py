"""Who is let in to the operator API, as whom, and what is written into the audit of them."""

import json
from base64 import b64encode
from typing import Any

import azure.functions as func
import pytest

from functions import operator_api
from functions.operators import NotAllowed, NotSignedIn, Operators
from shared.bootstrap import App
from shared.domain.errors import InvalidMessage

KEY, ENTRA = Operators("key"), Operators("entra")
EMAIL = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
ADA = {OBJECT_ID: "ada-id", "preferred_username": "ada@contoso.test", "name": "Ada"}


def principal(*roles: str, claims: dict[str, str] = ADA, **changes: Any) -> dict[str, str]:
    """The headers of a request that App Service let through."""
    listed = [{"typ": name, "val": value} for name, value in claims.items()]
    listed += [{"typ": "roles", "val": role} for role in roles]
    told = {"auth_typ": "aad", "claims": listed, "name_typ": EMAIL, "role_typ": ROLE} | changes
    return {"x-ms-client-principal": b64encode(json.dumps(told).encode()).decode()}


def test_by_key_the_host_asks_for_the_key_and_by_token_app_service_has_asked() -> None:
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
def test_by_key_the_actor_is_what_the_caller_claims(claimed: str, actor: str) -> None:
    assert KEY.admit("POST", {"x-sspr-actor": claimed}) == actor


def test_by_key_without_a_name_the_actor_is_the_key() -> None:
    assert KEY.admit("GET", {}) == "key"


def test_by_key_a_claimed_name_cannot_be_mistaken_for_one_that_entra_vouches_for() -> None:
    claimed = KEY.admit("POST", {"x-sspr-actor": "entra: ada@contoso.test (ada-id)"})
    assert claimed == "key: entra: ada@contoso.test (ada-id)"


@pytest.mark.parametrize(
    "claimed", ["a\x1b[31m", "a\nb", "a\x00", "\u202eada", "a%1B[31m", "%FF", "a" * 101]
)
def test_by_key_a_name_with_control_characters_or_of_great_length_is_refused(
    claimed: str,
) -> None:
    with pytest.raises(InvalidMessage) as caught:
        KEY.admit("POST", {"x-sspr-actor": claimed})
    assert caught.value.field == "x-sspr-actor"


def test_by_key_the_header_of_app_service_counts_for_nothing() -> None:
    assert KEY.admit("POST", principal("Rollout.Operator")) == "key"


@pytest.mark.parametrize(
    ("method", "role"),
    [("GET", "Rollout.Reader"), ("GET", "Rollout.Operator"), ("POST", "Rollout.Operator")],
)
def test_by_token_the_actor_is_the_name_and_object_id_in_it(method: str, role: str) -> None:
    actor = ENTRA.admit(method, principal("Other.Role", role))
    assert actor == "entra: ada@contoso.test (ada-id)"


def test_by_token_a_claimed_name_counts_for_nothing() -> None:
    headers = principal("Rollout.Operator") | {"x-sspr-actor": "root"}
    assert ENTRA.admit("POST", headers) == "entra: ada@contoso.test (ada-id)"


@pytest.mark.parametrize(
    ("method", "roles", "wanted"),
    [
        ("POST", ["Rollout.Reader"], "the app role Rollout.Operator"),
        ("DELETE", ["Rollout.Reader"], "the app role Rollout.Operator"),
        ("GET", [], "the app role Rollout.Reader or Rollout.Operator"),
        ("GET", ["rollout.reader"], "the app role Rollout.Reader or Rollout.Operator"),
    ],
)
def test_by_token_without_the_role_the_refusal_names_the_role(
    method: str, roles: list[str], wanted: str
) -> None:
    with pytest.raises(NotAllowed, match=wanted):
        ENTRA.admit(method, principal(*roles))


def test_by_token_only_the_roles_of_the_app_count() -> None:
    """A directory role or a group of that name, which others may hand out, opens nothing."""
    other = ADA | {
        ROLE: "Rollout.Operator",
        "groups": "Rollout.Operator",
        "wids": "Rollout.Operator",
    }
    with pytest.raises(NotAllowed):
        ENTRA.admit("POST", principal(claims=other))


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        (ADA | {EMAIL: "ada@mail.test"}, "ada@mail.test"),
        ({OBJECT_ID: "ada-id", "name": "Ada"}, "Ada"),
        ({"oid": "ada-id", "azp": "client-1"}, "client-1"),
        ({OBJECT_ID: "ada-id", "appid": "client-2"}, "client-2"),
        ({OBJECT_ID: "ada-id"}, "unnamed"),
        ({OBJECT_ID: "ada-id", "name": "Ada\x1b[31m"}, "Ada?[31m"),
    ],
)
def test_by_token_people_and_apps_are_named_by_what_their_token_says(
    claims: dict[str, str], name: str
) -> None:
    actor = ENTRA.admit("GET", principal("Rollout.Reader", claims=claims))
    assert actor == f"entra: {name} (ada-id)"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ms-client-principal": ""},
        {"x-ms-client-principal": "no base64 at all"},
        {"x-ms-client-principal": b64encode(b"no JSON").decode()},
        {"x-ms-client-principal": b64encode(b"[]").decode()},
        {"x-ms-client-principal": b64encode(b'{"auth_typ": "aad"}').decode()},
        {"x-ms-client-principal": b64encode(b"[" * 100_000).decode()},
        {"x-ms-client-principal": b64encode(b"\xff\xfe").decode()},
        principal("Rollout.Operator", auth_typ="github"),
        principal("Rollout.Operator", claims={"name": "Ada"}),
        principal("Rollout.Operator", claims={}),
        principal("Rollout.Operator") | {"x-ms-client-principal": "é"},
    ],
    ids=range(12),
)
def test_by_token_nobody_is_let_in_whom_entra_does_not_name(headers: dict[str, str]) -> None:
    with pytest.raises(NotSignedIn):
        ENTRA.admit("GET", headers)


def no_app() -> App:
    pytest.fail("the app was asked for")


def operator_functions(operators: Operators) -> list[func.decorators.function_app.Function]:
    app = func.FunctionApp()
    app.register_functions(operator_api.blueprint(no_app, operators))
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
        request = func.HttpRequest("GET", "/", headers={"x-sspr-actor": "root"}, body=b"{}")
        answer = await one.get_user_function()(request)
        assert answer.status_code == 401, one.get_function_name()
