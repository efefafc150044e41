"""The alarms' proofs: each alarm has one, and the tests that it names are there."""

from shared.contracts.api.alarms import ALARMS
from tests.support.alarm_proofs import AT_THE_WIRE, BY_HAND, BY_METRIC, MADE, QUIET
from tests.support.infra.monitoring import METRIC_ALERTS, RULES
from tests.support.named_tests import all_beside

NAMES = {one.name for one in ALARMS}


def test_every_alarm_is_made_in_a_situation_or_it_is_said_why_it_cannot_be() -> None:
    """That each rule without such a word has its situation is held where they are made."""
    assert RULES.keys() | METRIC_ALERTS.keys() == NAMES
    assert METRIC_ALERTS.keys() == BY_METRIC.keys()
    assert BY_HAND.keys() < RULES.keys()
    assert AT_THE_WIRE.keys() <= RULES.keys() - BY_HAND.keys()


def test_the_tests_that_are_named_exist_and_look_for_their_alarm() -> None:
    """A proof that was renamed, or that no longer asks the rule, is noticed."""
    found = {**AT_THE_WIRE, "made": MADE, "quiet": QUIET}
    assert [name for name in found.values() if name not in all_beside(name)] == []
    for alarm, name in AT_THE_WIRE.items():
        said = all_beside(name)[name]
        assert any(f'{verb}("{alarm}"' in said for verb in ("hears", "rings")), name
