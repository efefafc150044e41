"""`python -m sandbox.demo`: both acts, in a sandbox of its own that is gone afterwards."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console as Screen

from sandbox import supervisor
from sandbox.console import Console
from sandbox.demo.first_act import onboard_three
from sandbox.demo.proof import Proof
from sandbox.demo.second_act import roll_out
from sandbox.layout import Layout, open_layout

STATE = Path(".sandbox-demo")
COMPANY_SIZE = 2_000


def main() -> int:
    """Run the demonstration; 0 only if everything it claims was seen to be true."""
    screen = Screen(stderr=False)
    began = time.monotonic()
    proofs: list[Proof] = []
    with _sandbox(screen) as layout, Console(layout) as console:
        proofs += onboard_three(console, screen)
        proofs += roll_out(console, screen)
    screen.rule("what was shown")
    for proof in proofs:
        mark = "[green]proved[/]" if proof.holds else "[red]FAILED[/]"
        screen.print(f"  {mark}  {proof.claim}")
    screen.print(f"\nAll in {time.monotonic() - began:.0f} s; everything is stopped again.")
    return 0 if proofs and all(proof.holds for proof in proofs) else 1


@contextmanager
def _sandbox(screen: Screen) -> Iterator[Layout]:
    screen.rule("the sandbox: a tenant, a domain, a Connect host, a Service Bus, the app")
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
