"""Set this machine up: Debian's packages, the virtual environment, npm's packages.

Each part is looked at every time, which takes a moment, and made or mended only where it has to be.
"""

import sys
from pathlib import Path

from infra.workstation import npm, system_packages, virtual_environment
from infra.workstation.machine import require_disk
from infra.workstation.steps import NotSetUp, Steps

_ROOT = Path(__file__).resolve().parents[2]
_INTERRUPTED = 130


def main() -> int:
    """Do what is to be done; exit status 1, and a sentence, where it cannot be."""
    steps = Steps(_ROOT / ".cache" / "set-up.log", sys.stdout)
    try:
        with steps.alone():
            _set_up(steps)
    except NotSetUp as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    except OSError as error:
        # Such as a folder that belongs to root, or a disk that is full.
        sys.stderr.write(f"The set-up cannot go on: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; run it again, and it mends what is half made.\n")
        return _INTERRUPTED
    return 0


def _set_up(steps: Steps) -> None:
    environment = virtual_environment.VirtualEnvironment(_ROOT)
    is_ready = environment.is_ready()
    if not is_ready:
        require_disk(_ROOT)
    system_packages.install(steps, libraries_are_there=is_ready)
    environment.make(steps)
    npm.install(_ROOT, environment, steps)
    if steps.taken:
        steps.tell("Set up. Next: make demo (some minutes), make test, or make help.")


if __name__ == "__main__":
    sys.exit(main())
