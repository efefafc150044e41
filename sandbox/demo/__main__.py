"""`python -m sandbox.demo`: its three acts, in a sandbox of its own that is gone afterwards."""

import fcntl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from rich.console import Console as Screen

from sandbox import supervisor
from sandbox.console import Console
from sandbox.demo.first_act import onboard_three
from sandbox.demo.proof import Proof, StageFailed
from sandbox.demo.second_act import roll_out
from sandbox.demo.third_act import outlive_sms
from sandbox.guardian import guarded, unwind_on_signals
from sandbox.layout import Layout, open_layout
from sandbox.places import NoPlaceLeft
from sandbox.rollouts import OperationRefused

STATE = Path(".sandbox-demo")
COMPANY_SIZE = 2_000
_INTERRUPTED = 130
_CANNOT_GO_ON = (
    StageFailed,
    TimeoutError,
    httpx.HTTPError,
    supervisor.PartFailedError,
    OperationRefused,
    NoPlaceLeft,
)


def main() -> int:
    """Run the demonstration; 0 only if everything it claims was seen to be true."""
    screen = Screen(stderr=False)
    unwind_on_signals()
    try:
        with _only_demo(), guarded():
            return _shown(screen)
    except _CANNOT_GO_ON as error:
        screen.print(f"\nThe demo cannot go on: {error}", markup=False, highlight=False)
        screen.print(f"What the parts had to say is in {STATE}/logs.", markup=False)
        return 1
    except KeyboardInterrupt:
        # Whoever closed the terminal does not read this.
        with suppress(OSError):
            screen.print("\nInterrupted; everything is stopped again.")
        return _INTERRUPTED


def _shown(screen: Screen) -> int:
    began = time.monotonic()
    proofs: list[Proof] = []
    with _sandbox(screen) as layout, Console(layout) as console:
        proofs += onboard_three(console, screen)
        proofs += roll_out(console, screen)
        proofs += outlive_sms(console, screen)
    screen.rule("what was shown")
    for proof in proofs:
        mark = "[green]proved[/]" if proof.holds else "[red]FAILED[/]"
        screen.print(f"  {mark}  {proof.claim}")
    screen.print(f"\nAll in {time.monotonic() - began:.0f} s; everything is stopped again.")
    return 0 if proofs and all(proof.holds for proof in proofs) else 1


@contextmanager
def _only_demo() -> Iterator[None]:
    """Refuse to run beside another demo of this folder, which would lose its sandbox to this one.

    Raises:
        StageFailed: there is one.
    """
    with STATE.with_name(f"{STATE.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StageFailed("another demo runs in this folder") from None
        yield


@contextmanager
def _sandbox(screen: Screen) -> Iterator[Layout]:
    screen.rule("a tenant, a domain, a Connect host, a Service Bus, the app")
    supervisor.erase(open_layout(STATE, COMPANY_SIZE))
    layout = open_layout(STATE, COMPANY_SIZE)
    try:
        supervisor.start(
            layout, tell=lambda name, seconds: screen.print(f"  {name:18} ready, {seconds:.1f} s")
        )
        yield layout
    finally:
        supervisor.stop(layout)


if __name__ == "__main__":
    sys.exit(main())
