"""The check `hostEvents`: what does the host's log tell of the last day?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from shared.domain.doctor.checks.host import EVENTS, judged
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, wrong
from shared.domain.rollout.connect_host import POLICY_NOT_MET, HostSight
from shared.domain.rollout.gates.look import TIME

_MEANINGS: Final[Mapping[int, str]] = {
    31003: "a reset failed",
    31008: "a change failed",
    31011: "an administrator's reset failed",
    31014: "switching writeback off failed",
    31034: "the listener on Service Bus failed",
    31044: "writeback does not work",
    32000: "an unexpected error",
    32001: "the reset service of the cloud was not reached",
    32002: "Service Bus was not reached",
    32003: "the service sent what is not understood",
    32004: "a password could not be decrypted",
    32005: "the configuration could not be read or written",
    32007: "the configuration could not be renewed",
    32008: "the reset service of the cloud answered wrongly",
    32009: "no token for the cloud",
    32010: "no key could be made or used",
    32011: "switching writeback on failed",
    33001: "Active Directory failed in a way that is not known",
    33002: "a person was not found in Active Directory",
    33003: "two people have one source anchor",
    33004: "the connector account lacks a permission, or the person is protected",
    33005: "the account is disabled",
    33006: "the account is locked",
}
"""The events that tell of something wrong; 33008, a password that is too weak, does not."""
_OF_PEOPLE = 33_000
_MOST_TOLD = 6


def _judge(host: HostSight, _now: datetime) -> Finding:
    if host.events_since is None:
        return unknown(f"the host's events cannot be read: {host.events_problem or 'no reason'}")
    bad = {number: count for number, count in host.events if number in _MEANINGS and count}
    since = f"since {host.events_since:{TIME}}"
    weak = host.count_of(POLICY_NOT_MET)
    if set(bad) == {31003} and bad[31003] <= weak:
        bad = {}
    if not bad:
        more = f"; {weak:,} passwords did not meet the domain's policy" if weak else ""
        return right(f"no event of the writeback {since} tells of anything wrong{more}")
    told = sorted(bad.items(), key=lambda one: one[1], reverse=True)[:_MOST_TOLD]
    text = "; ".join(f"{number} {count:,} times: {_MEANINGS[number]}" for number, count in told)
    return wrong(f"events {since}: {text}", _remedy(bad))


def _remedy(bad: Mapping[int, int]) -> str:
    if any(number > _OF_PEOPLE for number in bad):
        return (
            "sspr doctor person NAME says of each what is wrong; sspr plan --preflight of a wave."
        )
    return "The page that is named tells what to do about each; the log on the host has more."


KIND = CheckKind(
    name="hostEvents",
    part=Part.HOST,
    asks="What do the writeback's events of the last day tell?",
    judge=judged(_judge),
    source=EVENTS,
)
