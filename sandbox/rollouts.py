"""What an operator does with a rollout, by the operator API of one sandbox."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import httpx

from sandbox.console import Console, wait_for

PATIENCE = 90.0
_MOST_TRIES = 5
_ENDED = {"succeeded", "refused"}


class OperationRefused(Exception):
    """The app refused what was asked for; the text says why."""


class WorldChanged(OperationRefused):
    """What was planned is no longer what would be done."""


class Rollouts:
    """Plans, applies, steers and watches."""

    def __init__(self, console: Console, actor: str = "olga") -> None:
        self._app = console.app
        self._headers = {"x-sspr-actor": actor}

    def plan(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Draw up a plan; JSON is YAML."""
        answer = self._app.post(
            "/rollout/plans", content=json.dumps(document), headers=self._headers
        )
        return self.done(_taken(answer))

    def apply(self, fingerprint: str, **options: Any) -> dict[str, Any]:
        """Do that plan."""
        return self._operate("/rollout/apply", {"plan": fingerprint, **options})

    def ask_to_apply(self, fingerprint: str) -> dict[str, Any]:
        """The same without waiting; answers with the operation."""
        body = {"plan": fingerprint}
        return _taken(self._app.post("/rollout/apply", json=body, headers=self._headers))

    def start(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Plan and apply in one go, again while the world still changes; answers with the plan."""
        for _ in range(_MOST_TRIES):
            plan = self.plan(document)
            with suppress(WorldChanged):
                self.apply(plan["fingerprint"])
                return plan
        raise OperationRefused(f"the world changed {_MOST_TRIES} times")

    def roll_back(self, wave: str, reason: str) -> dict[str, Any]:
        """Take a wave's people out, as shown a moment before."""
        shown = self._operate("/rollout/rollback", {"wave": wave, "reason": reason})
        asked = {"wave": wave, "reason": reason, "plan": shown["fingerprint"]}
        return self._operate("/rollout/rollback", asked)

    def control(self, verb: str, reason: str, **options: Any) -> dict[str, Any]:
        """Pause, resume, promote, abort or restart; answers with the rollout."""
        body = {"reason": reason, **options}
        answer = self._app.post(f"/rollout/{verb}", json=body, headers=self._headers)
        view: dict[str, Any] = answer.raise_for_status().json()
        return view

    def by_hand(self, verb: str, identity: str, reason: str, **options: Any) -> dict[str, Any]:
        """Include, exclude or release a person."""
        body = {"reason": reason, **options}
        answer = self._app.post(f"/people/{identity}/{verb}", json=body, headers=self._headers)
        view: dict[str, Any] = answer.raise_for_status().json()
        return view

    def view(self) -> dict[str, Any]:
        """The rollout as it stands."""
        found: dict[str, Any] = self._app.get("/rollout").raise_for_status().json()
        return found

    def evaluations(self) -> Sequence[dict[str, Any]]:
        """The newest looks at the gates."""
        answer = self._app.get("/rollout/gates").raise_for_status()
        found: list[dict[str, Any]] = answer.json()["evaluations"]
        return found

    def reaches(self, phase: str, wave: str | None = None) -> dict[str, Any]:
        """Wait for a phase, and a wave where one is named."""

        def look() -> dict[str, Any] | None:
            view = self.view()
            there = view["phase"] == phase and wave in {None, view["wave"]}
            return view if there else None

        try:
            return wait_for(look, PATIENCE, f"the rollout to be {phase} in {wave or 'any wave'}")
        except TimeoutError as error:
            error.add_note(json.dumps(self.view(), indent=1))
            raise

    def _operate(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._app.post(path, json=dict(body), headers=self._headers)
        return self.done(_taken(answer))

    def done(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        """What came of an operation, once it has ended.

        Raises:
            OperationRefused: it was refused; the text says why.
        """

        def look() -> dict[str, Any] | None:
            answer = self._app.get(f"/operations/{operation['key']}").raise_for_status()
            found: dict[str, Any] = answer.json()
            return found if found["state"] in _ENDED else None

        ended = wait_for(look, PATIENCE, f"the {operation['kind']}")
        if ended["state"] == "refused":
            changed = "world has changed" in ended["problem"]
            raise (WorldChanged if changed else OperationRefused)(ended["problem"])
        result: dict[str, Any] = ended["result"]
        return result


def _taken(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_client_error:
        raise OperationRefused(answer.text)
    taken: dict[str, Any] = answer.raise_for_status().json()
    return taken
