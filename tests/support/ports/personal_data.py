"""Something of one person in every place that a port keeps."""

import dataclasses
from datetime import timedelta

from shared.domain.person.brake import Direction, Rate
from shared.domain.person.enrolment import State
from shared.domain.person.people import UserRef
from shared.domain.person.preflight import Preflight
from shared.domain.person.reasons import Reason
from shared.ports.held_events import HeldEvent
from shared.ports.ledger import Receipt
from shared.ports.plans import PlannedPerson
from shared.ports.preflights import PreflightQuestion
from shared.ports.scim_users import ScimUser
from tests.support.enrolments import NOW, enrolment, provisional
from tests.support.golden_rows import PLAN
from tests.support.ports.kept import Kept


async def fill(tables: Kept, user: UserRef) -> None:
    """Has every port keep something of the person."""
    key, upn = user.object_id or "", user.user_principal_name or ""
    person = enrolment(State.VISIBLE, key=key, user=user)
    await tables.ledger.amend([key], lambda *_: person, actor="hr", now=NOW)
    before = provisional(
        State.WAITING,
        key=f"employee:{user.employee_id}",
        user=UserRef(employee_id=user.employee_id),
    )
    await tables.ledger.amend([before.key], lambda *_: before, actor="hr", now=NOW)
    body = f'{{"userPrincipalName": "{upn.upper()}"}}'
    refused = Receipt(key=f"r-{key}", queue="q", at=NOW, outcome=Reason.INVALID, body=body)
    taken = Receipt(key=f"t-{key}", queue="q", at=NOW, outcome=Reason.ADDED, person_key=key)
    await tables.ledger.record_receipts([refused, taken])
    plan = dataclasses.replace(PLAN, fingerprint=f"f-{user.employee_id}")
    await tables.plans.keep(
        plan, [PlannedPerson(object_id=key, action="add", wave="w", reason="r")]
    )
    held = HeldEvent(
        brake="hr",
        direction=Direction.JOINING,
        person_key=key,
        event_key=f"e-{user.employee_id}",
        held_at=NOW,
        occurred_at=NOW,
        body=body,
    )
    await tables.held_events.keep([held])
    rate = Rate(people=9, within=timedelta(hours=1))
    await tables.held_events.admit(f"b-{user.employee_id}", Direction.JOINING, [key], rate, NOW)
    question = PreflightQuestion(
        check=f"c-{user.employee_id}",
        part=0,
        people=(key,),
        asked_at=NOW,
        expires_at=NOW,
        actor="kim",
    )
    await tables.preflights.ask([question])
    finding = Preflight(key=key, seen_at=NOW, worker="w", findings=())
    await tables.preflights.answered(question, [finding], NOW)
    scim = ScimUser(
        source="okta",
        id=f"s-{user.employee_id}",
        attributes={"userName": upn},
        created_at=NOW,
        changed_at=NOW,
    )
    await tables.scim_users.create(scim)
