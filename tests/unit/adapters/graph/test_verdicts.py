import pytest

from shared.adapters.graph.batch import Reply
from shared.adapters.graph.failure import GraphFailure
from shared.adapters.graph.verdicts import GraphVerdict, answer, verdict_on_add, verdict_on_remove
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome


def refusal(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}})


# The texts are Microsoft's; the codes alone do not tell these cases apart.
ALREADY = refusal(
    400,
    "Request_BadRequest",
    "One or more added object references already exist for the following modified properties: "
    "'members'.",
)
MISSING = refusal(
    404,
    "Request_ResourceNotFound",
    "Resource 'x' does not exist or one of its queried reference-property objects are not present.",
)
NOT_REPLICATED = refusal(
    400,
    "Request_BadRequest",
    "The source resource object or one of the objects being referenced don't exist.",
)
ON_PREMISES = refusal(
    400,
    "Request_BadRequest",
    "Unable to update the specified properties for on-premises mastered Directory Sync objects "
    "or objects currently undergoing migration.",
)
IN_OTHER_WORDS = refusal(
    400,
    "Request_BadRequest",
    "The source resource object or one of the objects being referenced do not exist.",
)
NOT_THERE = refusal(
    400,
    "Request_BadRequest",
    "One or more removed object references do not exist for the following modified properties: "
    "'members'.",
)
MAIL = refusal(
    400,
    "Request_BadRequest",
    "Cannot Update a mail-enabled security groups and or distribution list.",
)
EXTERNAL = refusal(
    400,
    "Request_BadRequest",
    "Unable to update the specified properties for objects that have originated within an "
    "external service.",
)
DENIED = refusal(403, "Authorization_RequestDenied", "Insufficient privileges.")
STRANGE = refusal(400, "Request_BadRequest", "Something else.")


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Reply(204), GraphVerdict.DONE),
        (ALREADY, GraphVerdict.ALREADY),
        (MISSING, GraphVerdict.NOT_FOUND),
        (NOT_REPLICATED, GraphVerdict.NOT_REPLICATED),
        (ON_PREMISES, GraphVerdict.GROUP_NOT_WRITABLE),
        (DENIED, GraphVerdict.GROUP_NOT_WRITABLE),
        (IN_OTHER_WORDS, GraphVerdict.NOT_REPLICATED),
        (MAIL, GraphVerdict.GROUP_NOT_WRITABLE),
        (STRANGE, GraphVerdict.UNKNOWN),
        (Reply(410), GraphVerdict.UNKNOWN),
        *[(Reply(status), GraphVerdict.NOT_NOW) for status in (408, 409, 412, 423, 424, 429, 503)],
    ],
)
def test_the_text_of_a_refused_addition_tells_what_it_means(
    reply: Reply, verdict: GraphVerdict
) -> None:
    assert verdict_on_add(reply) is verdict


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Reply(204), GraphVerdict.DONE),
        *[(one, GraphVerdict.NOT_THERE) for one in (MISSING, NOT_THERE, NOT_REPLICATED)],
        (Reply(409), GraphVerdict.NOT_NOW),
        (DENIED, GraphVerdict.GROUP_NOT_WRITABLE),
        (ON_PREMISES, GraphVerdict.GROUP_NOT_WRITABLE),
    ],
)
def test_that_nobody_is_there_to_remove_may_be_all_that_a_replica_knows(
    reply: Reply, verdict: GraphVerdict
) -> None:
    assert verdict_on_remove(reply) is verdict
    if verdict is GraphVerdict.NOT_THERE:
        told = answer(ScopeAction.REMOVE, "x", verdict, reply)
        assert (told.outcome, told.reason) == (WriteOutcome.ALREADY, Reason.REMOVAL_UNCONFIRMED)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (ON_PREMISES, Reason.GROUP_SYNCED),
        (MAIL, Reason.GROUP_MAIL_ENABLED),
        (EXTERNAL, Reason.GROUP_EXTERNAL),
        (DENIED, Reason.GROUP_NOT_WRITABLE),
    ],
)
def test_a_group_that_others_write_has_its_own_reason(reply: Reply, reason: Reason) -> None:
    for change, verdict in (
        (ScopeAction.ADD, verdict_on_add(reply)),
        (ScopeAction.REMOVE, verdict_on_remove(reply)),
    ):
        told = answer(change, "x", verdict, reply)
        assert (told.outcome, told.reason) == (WriteOutcome.REFUSED, reason)


def test_a_refused_token_concerns_everybody() -> None:
    body = {
        "error": {
            "code": "InvalidAuthenticationToken",
            "message": "for ada@contoso.test",
            "innerError": {"request-id": "7a1f"},
        }
    }
    with pytest.raises(GraphFailure) as caught:
        verdict_on_add(Reply(401, body))
    assert str(caught.value) == "Graph answered 401 InvalidAuthenticationToken (request 7a1f)"


def test_a_refusal_tells_the_operator_what_graph_said() -> None:
    told = answer(ScopeAction.ADD, "x", GraphVerdict.GROUP_NOT_WRITABLE, DENIED)
    assert (told.outcome, told.reason) == (WriteOutcome.REFUSED, Reason.GROUP_NOT_WRITABLE)
    assert told.detail.startswith("403 Authorization_RequestDenied: Insufficient privileges.")
    assert told.user.object_id == "x"


def test_a_person_who_is_not_replicated_in_time_is_not_in_entra() -> None:
    told = answer(ScopeAction.ADD, "x", GraphVerdict.NOT_REPLICATED, NOT_REPLICATED)
    assert (told.outcome, told.reason) == (WriteOutcome.NOT_FOUND, Reason.NOT_IN_ENTRA)


def test_success_needs_no_reason() -> None:
    told = answer(ScopeAction.REMOVE, "x", GraphVerdict.DONE, Reply(204))
    assert (told.change, told.outcome, told.reason, told.detail) == (
        ScopeAction.REMOVE,
        WriteOutcome.DONE,
        None,
        "",
    )


def test_who_may_not_is_told_why_and_how_long(request: pytest.FixtureRequest) -> None:
    """Whether the whole app is refused, or the change of the group."""
    told = answer(ScopeAction.ADD, "x", verdict_on_add(DENIED), DENIED)
    for text in (str(DENIED.failure()), told.detail):
        assert text.startswith(("Graph answered 403", "403 Authorization_RequestDenied"))
        assert "24 hours" in text
        page = request.config.rootpath / "docs/first-deployment.md"
        assert f"docs/{page.name}" in text
        assert page.is_file()
    assert "24 hours" not in str(MISSING.failure())
