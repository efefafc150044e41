"""A kind of HR source that nobody has heard of: given to the registry, it is everywhere."""

import hashlib
import hmac
import io
import json
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

import jsonschema_rs
import pytest
from pydantic import Field
from rich.console import Console

from cli.hr_trial import Trial
from cli.render.hr import trial_view
from shared.contracts.api.hr_answers import Answered, HrAnswer
from shared.contracts.documents.finding import Complaint, Path
from shared.contracts.documents.hr_sources.kind import KnownSignature
from shared.contracts.documents.hr_sources.vocabulary import Authentication, Source
from shared.contracts.documents.node import Node
from shared.contracts.documents.part import Part
from shared.contracts.documents.sources_document import SourcesLanguage
from shared.contracts.messages.onboarding_event import OFFBOARDED
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import InvalidMessage, UnknownSource
from shared.domain.person.request import Action
from shared.hr import mapped
from shared.hr.adapters import translate
from shared.hr.documents import json_schema, read
from shared.hr.kind import HrKind, registry_of
from shared.hr.registry import HR_KINDS
from shared.hr.translation import SentEvent, Translated, event_of, identity, object_of, part_of
from shared.ports.senders import Senders
from shared.use_cases.onboarding.accept_hr import Door, Sent, accept_hr, agrees
from shared.use_cases.onboarding.admit_sender import NotProved
from tests.support.documented_tables import filled_in, pages
from tests.support.enrolments import NOW
from tests.support.stage import a_stage


class _Badge(StrEnum):
    NUMBER = "number"
    UPN = "upn"


class _Keys(Part):
    badge: _Badge = Field(_Badge.NUMBER, description="Of turnstile: what a badge says.")


def _translate(source: Source, value: Any, _now: datetime) -> Translated:
    body = object_of(value, "(body)")
    badge, is_number = part_of(body, "badge"), source.own(_Keys).badge is _Badge.NUMBER
    asked = SentEvent(
        action=Action.OFFBOARD if part_of(body, "gone").value else Action.ONBOARD,
        event_id=identity("badge", badge.required),
        employee_id=badge if is_number else None,
        user_principal_name=None if is_number else badge,
    )
    return Translated(events=(event_of(source, asked),))


def _name_says_where(path: Path, source: Node) -> Iterator[Complaint]:
    name, kind = source.child("name"), source.child("kind")
    if kind and kind.content == "turnstile" and name and name.content == "turnstile":
        yield Complaint((*path, "name"), "say at which door it stands")


TURNSTILE = HrKind(
    name="turnstile",
    sends="whoever came in, or left for good",
    proofs=frozenset({Authentication.KEY, Authentication.HMAC}),
    keys=_Keys,
    signature=KnownSignature(header="X-Door", signed="{timestamp}{body}", timestamp_header="X-At"),
    rules=(_name_says_where,),
    translate=_translate,
    asks_first=True,
)
KEY = b"the key of the north door"
KINDS = registry_of(*HR_KINDS.values(), TURNSTILE)
LANGUAGE = SourcesLanguage(KINDS)
TEXT = """\
schema: sspr-rollout/hr-sources/1
sources:
  - {name: north, kind: turnstile, authentication: hmac, hmac: {secret: NORTH}, badge: upn}
  - {name: scim, kind: scim, authentication: key}
"""
SENT = {"badge": "anna@contoso.test", "gone": True}
SENDERS = Senders(
    sources={source.name: source for source in LANGUAGE.read(TEXT)}, secrets={"north": KEY}
)


def test_the_schema_names_it_and_its_key() -> None:
    schema = LANGUAGE.json_schema()
    source = schema["$defs"]["Source"]["properties"]
    assert schema["$defs"]["Kind"]["enum"] == [*HR_KINDS, "turnstile"]
    assert source["kind"]["description"].endswith("describes: mapped, or turnstile.")
    assert source["badge"]["default"] == "number"
    signed = schema["$defs"]["Hmac"]["properties"]["header"]["description"]
    assert signed.endswith("known of bamboohr and turnstile.")
    jsonschema_rs.meta.validate(schema)


def test_a_source_of_it_is_read_from_the_file_with_its_key() -> None:
    north, _ = LANGUAGE.read(TEXT)
    assert (north.kind, north.own(_Keys).badge) == ("turnstile", _Badge.UPN)


@pytest.mark.parametrize(
    ("slip", "instead", "reason"),
    [
        ("badge: upn", "badge: face", "badge: write number or upn"),
        ("kind: scim", "kind: scim, badge: upn", "badge: only turnstile has it"),
        ("hmac, hmac: {secret: NORTH}", "entra, entra: {applications: []}", "hmac or key"),
        ("name: north", "name: turnstile", "say at which door it stands"),
        ("NORTH}", 'NORTH, signed: "{body}"}', "turnstile signs it"),
        ("turnstile,", "turnstyle,", "did you mean `turnstile`?"),
    ],
)
def test_a_mistake_in_it_is_found(slip: str, instead: str, reason: str) -> None:
    found = [str(one) for one in LANGUAGE.findings(TEXT.replace(slip, instead))]
    assert [one for one in found if reason in one], found


def test_the_language_that_is_published_knows_nothing_of_it() -> None:
    assert "turnstile" not in json.dumps(json_schema())
    with pytest.raises(InvalidMessage, match="scim or lifecycle-workflows"):
        read(TEXT)


async def test_a_message_that_it_has_signed_is_put_on_the_queue() -> None:
    stage = a_stage()
    body, at = json.dumps(SENT).encode(), str(int(NOW.timestamp()))
    digest = hmac.new(KEY, at.encode() + body, hashlib.sha256).hexdigest()
    sent = Sent(door=Door.PROOF, source="north", body=body, notes={"x-door": digest, "x-at": at})
    answer = await accept_hr(sent, SENDERS, stage.world, NOW, KINDS)
    [message] = stage.broker.take(ONBOARDING_EVENTS)
    assert json.loads(message.body)["type"] == OFFBOARDED
    assert answer == Answered(HrAnswer(keys=(message.key,)))


async def test_one_that_it_has_not_signed_is_refused() -> None:
    sent = Sent(door=Door.PROOF, source="north", body=b"{}", notes={"x-door": "00", "x-at": "0"})
    with pytest.raises(NotProved) as refused:
        await accept_hr(sent, SENDERS, a_stage().world, NOW, KINDS)
    assert refused.value.reason == "the signature is not the body's"


def test_what_it_sends_comes_to_our_own_events() -> None:
    north, _ = LANGUAGE.read(TEXT)
    found = translate(north, SENT, NOW, KINDS)
    [event] = found.events
    assert event["type"] == OFFBOARDED
    assert event["data"] == {"userPrincipalName": "anna@contoso.test", "actor": "hr/north"}


def test_its_senders_may_ask_beforehand_and_those_of_scim_may_not() -> None:
    agrees(Door.PROOF, "north", SENDERS, KINDS)
    with pytest.raises(UnknownSource):
        agrees(Door.KEY, "scim", SENDERS, KINDS)


def test_the_command_line_shows_what_a_message_of_it_comes_to() -> None:
    north, _ = LANGUAGE.read(TEXT)
    found = translate(north, {"badge": "anna@contoso.test"}, NOW, KINDS)
    console = Console(record=True, width=160, file=io.StringIO(), color_system=None)
    console.print(trial_view(Trial(found.events, [])))
    [line] = [line for line in console.export_text().splitlines() if "anna@" in line]
    assert line.split()[:2] == ["joins", "anna@contoso.test"]


def test_the_documentation_has_a_row_for_it() -> None:
    row = "| `turnstile` | whoever came in, or left for good | `key`, `hmac` | `badge` |"
    made = {
        page.stem: filled_in(page.read_text(), tables) for page, tables in pages(hr=KINDS).items()
    }
    assert f"\n{row}\n" in made["hr-systems"]


def test_two_kinds_can_have_neither_a_name_nor_a_key_in_common() -> None:
    with pytest.raises(ValueError, match="one name"):
        registry_of(TURNSTILE, TURNSTILE)
    other = HrKind(
        name="other", sends="", proofs=TURNSTILE.proofs, keys=mapped.Keys, translate=_translate
    )
    with pytest.raises(ValueError, match="two kinds of sources have the key mapping"):
        SourcesLanguage(registry_of(*HR_KINDS.values(), other))
