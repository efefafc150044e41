"""The check `endings`: does nothing end soon that everything works by?"""

from datetime import datetime

from shared.domain.doctor.evidence import Evidence
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, wrong
from shared.domain.rollout.endings import Ending, ending_soon, soonest_first

_UNKNOWN = "unknown"
_REMEDY = (
    "Renew it before that day, and see here that the day is another; the runbook's ending-soon "
    "says how, of each kind."
)


def _judge(evidence: Evidence, now: datetime) -> Finding | None:
    endings = evidence.endings
    if not endings:
        return None
    if soon := ending_soon(endings, evidence.notice, now):
        return wrong("; ".join(_text(one, now) for one in soon), _REMEDY)
    untold = [one for one in endings if one.why == _UNKNOWN]
    if untold:
        told = "; ".join(f"{one.what} of {one.of}: {one.detail}" for one in untold)
        return unknown(f"it is not known when these end: {told}", "Look at them by hand.")
    first = next(iter(soonest_first(endings)), None)
    if first is None:
        return right("nothing that was looked at has an end")
    return right(f"the first to end, {_text(first, now)}")


def _text(one: Ending, now: datetime) -> str:
    days = one.days_left(now) or 0
    verb = "ends" if days >= 0 else "ended"
    left = f"in {days} days" if days >= 0 else f"{-days} days ago"
    return f"{one.what} of {one.of} ({one.whose}) {verb} on {one.ends_at:%Y-%m-%d}, {left}"


KIND = CheckKind(
    name="endings",
    part=Part.ACCESS,
    asks="Does no certificate, password or account end soon?",
    judge=_judge,
    source="https://learn.microsoft.com/openspecs/windows_protocols/ms-adts/"
    "f9e9b7e2-c7ac-4db6-ba38-71d9696981e9",
)
