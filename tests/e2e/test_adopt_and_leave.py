"""SSPR comes from All to the group and goes back, as the page says, with nobody losing it."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from sandbox.company import EXCLUDED_GROUP, SCOPE_GROUP, Employee, Home
from sandbox.console import wait_for
from tests.support.rig import flat
from tests.support.rollout_rig import RolloutRig, gates

PATIENCE = 240.0
"""Seconds: a tick does all else that is due after a step in time before it looks."""
NOT_POSSIBLE = 5
EVERYBODY = {"name": "everyone", "percent": 100, "soak": "PT0S"}
WORD = "I have selected it myself, change 4711"


@dataclass(frozen=True)
class Mover:
    """Whoever moves SSPR's scope by `docs/coming-from.md`, at a shell and in the admin center."""

    stage: RolloutRig
    document: Path
    everybody: Path

    def adopts(self, *, accepting: int = 0) -> CompletedProcess[str]:
        """Show who would lose SSPR, and begin where that is accepted."""
        words = (str(self.document), "--from", "all", "--people", str(self.everybody))
        return self.types("adopt", *words, "--accept-losing", str(accepting), "--yes")

    def leaves(self, *words: str) -> CompletedProcess[str]:
        """Take the next step back to All."""
        return self.types("leave", *words, "--reason", "SSPR for everybody", "--yes")

    def types(self, *words: str) -> CompletedProcess[str]:
        """Type a command of the page."""
        return self.stage.rig.sspr(*words)

    def fills_the_group(self) -> set[str]:
        """Adopt, accept whoever it is that would lose SSPR, until it is time to select.

        Whom AD protects shows only once the worker was asked for them, as the page says. Answers
        with the object ids of those who were accepted.
        """
        accepted = self.accepts(self.losing())
        look = partial(self.is_full_or_shows_more, accepted)
        if wait_for(look, PATIENCE, "the group to be full, or the protected to show") == "more":
            accepted = self.accepts(self.losing())
        self.waits_for("select-now")
        return accepted

    def losing(self) -> int:
        """How many would lose SSPR, as it is refused; nothing is done by that."""
        refused = self.adopts()
        assert refused.returncode == NOT_POSSIBLE, refused.stdout + refused.stderr
        return int(re.findall(r"--accept-losing (\d+)", flat(refused.stderr))[-1])

    def accepts(self, losing: int) -> set[str]:
        begun = self.adopts(accepting=losing)
        assert begun.returncode == 0, begun.stdout + begun.stderr
        rows = [line.split(",") for line in self.everybody.read_text().splitlines()]
        accepted = {row[0] for row in rows if row[1] == "lose"}
        assert len(accepted) == losing
        return accepted

    def is_full_or_shows_more(self, accepted: set[str]) -> str | None:
        """A look at whether it is time to select, or only people are outside whom AD protects."""
        move = self.move()
        if move["stage"] == "select-now":
            return "full"
        people = [self.stage.rig.console.user(one) for one in set(move["outside"]) - accepted]
        states = {one["state"] if one else None for one in people}
        return "more" if states == {"excluded"} else None

    def move(self) -> dict[str, Any]:
        """The move as `sspr status` shows it."""
        view = self.stage.rollouts.view()
        assert view["move"], view
        move: dict[str, Any] = view["move"]
        return move

    def waits_for(self, *stages: str) -> dict[str, Any]:
        """Wait until the move is at one of these stages."""

        def look() -> dict[str, Any] | None:
            move = self.move()
            return move if move["stage"] in stages else None

        try:
            return wait_for(look, PATIENCE, f"the move to be {' or '.join(stages)}")
        except TimeoutError as error:
            error.add_note(flat(self.types("status").stdout))
            raise

    def waits_for_the_end(self) -> None:
        """Wait until a tick has ended the move that is done, and has said what follows from it."""
        wait_for(lambda: self.move()["endedAt"], PATIENCE, "the move to end")

    def covered(self) -> list[Employee]:
        """Everybody for whom the choice is meant: people of the tenant, enabled, without a role."""
        return [
            one
            for one in self.stage.people.company.people
            if one.home in {Home.HYBRID, Home.CLOUD}
            and not (one.guest or one.disabled or one.directory_role)
        ]

    def reset(self, *people: Employee) -> list[str]:
        """How it ends when these people reset their passwords."""
        return self.stage.try_resets(people)


@pytest.fixture
def mover(moving_stage: RolloutRig, tmp_path: Path) -> Mover:
    """Whoever moves SSPR's scope in that sandbox: everything runs, and nothing is stopped."""
    stage = moving_stage
    stage.make_ready()
    stage.rig.console.sync()
    everyone = {"additions": {"share": 1.0}, "removals": {"share": 1.0}}
    text = stage.document(EVERYBODY, gates=gates(), safety=everyone)
    document = tmp_path / "from-all.yaml"
    document.write_text(json.dumps(text))  # which is YAML
    return Mover(stage, document, tmp_path / "everybody.csv")


def test_where_the_log_names_no_group_an_operators_word_ends_the_adoption(mover: Mover) -> None:
    """Given the group that was selected before the product came, then the log tells no group.

    It comes first: what the product has once seen to be selected, it knows again. The product says
    so and asks for the operator's word; after it nothing is wrong any more.
    """
    mover.stage.selects({"scope": "selected", "group": SCOPE_GROUP})
    mover.stage.selects({"scope": "all"})
    mover.fills_the_group()
    mover.stage.selects({"scope": "selected", "group": SCOPE_GROUP})
    mover.stage.looks_at_sspr_again()
    assert "sspr adopt --selected" in mover.waits_for("select-now")["nextStep"]
    assert mover.types("adopt", "--selected", "--reason", WORD).returncode == 0
    assert "the word of" in mover.waits_for("done")["restsOn"]
    # What is done by the word has ended by the next tick, and only then the change is meant.
    mover.waits_for_the_end()
    seen = mover.stage.rig.console.status()["sspr"]
    assert (seen["finding"], seen["wrong"]) == ("changed", False)


def test_from_all_to_the_group_and_back_to_all_nobody_loses_sspr(mover: Mover) -> None:
    """Given SSPR for all, then the group is full before it is selected, and empty after All is.

    Whoever has no licence, is excluded or protected is shown as losing, and accepted by number.
    Nobody else is ever without SSPR: real people reset their passwords at each stage.
    """
    deal = mover.stage.people
    cloud, synced = ([each() for _ in range(3)] for each in (deal.cloud, deal.synced))
    mover.stage.selects({"scope": "all", "group": EXCLUDED_GROUP})
    assert mover.reset(cloud[0], synced[0]) == ["ok"] * 2

    accepted = mover.fills_the_group()
    keep = [one for one in mover.covered() if one.object_id not in accepted]
    assert len(keep) > len(accepted) > 0
    assert _outside(mover, keep) == []
    assert "Selected" in flat(mover.types("status").stdout)

    mover.stage.selects({"scope": "selected", "group": SCOPE_GROUP})
    assert mover.reset(cloud[1], synced[1]) == ["ok"] * 2
    mover.stage.looks_at_sspr_again()
    assert "the audit log" in mover.waits_for("done")["restsOn"]

    assert mover.leaves().returncode == NOT_POSSIBLE
    assert mover.waits_for("select-all-now")["kind"] == "leave"
    assert _outside(mover, keep) == []
    mover.stage.selects({"scope": "all"})
    mover.stage.looks_at_sspr_again()
    mover.waits_for("noticed")
    assert _outside(mover, keep) == []
    let_go = mover.leaves("--empty-group")
    assert let_go.returncode == 0, let_go.stderr
    mover.waits_for("done")
    mover.waits_for_the_end()
    mover.stage.is_out(*keep)
    assert mover.reset(cloud[2], synced[2]) == ["ok"] * 2
    assert mover.stage.rollouts.view()["phase"] == "aborted"
    assert mover.stage.rig.stop_reason()


def _outside(mover: Mover, people: Iterable[Employee]) -> list[str]:
    """Who of these is in no group for which SSPR is selected, as Entra has it."""
    groups = mover.stage.rig.groups
    return [one.user_principal_name for one in people if SCOPE_GROUP not in groups(one)]
