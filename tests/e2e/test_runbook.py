"""The runbook's rehearsal, typed line by line as it stands there."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping

from sandbox.layout import Layout
from tests.support.documentation import blocks, lines_of
from tests.support.repository import ROOT
from tests.support.typed_page import environment as environment_of

_STATUS = re.compile(r"# exits with (\d)")
_FINGERPRINT = re.compile(r"--plan ([0-9a-f]{64})")
_SANDBOX = "python -m sandbox "


def rehearsal() -> Iterator[str]:
    """The lines of the runbook's block that is marked as the rehearsal."""
    for block in blocks(ROOT / "docs/operations.md"):
        if block.label == "rehearsal":
            yield from lines_of(block)


def test_the_rehearsal_goes_as_the_runbook_says(fresh_layout: Layout) -> None:
    """Given a fresh sandbox, when its lines are typed, then each ends as is said beside it."""
    environment = environment_of(fresh_layout)
    fingerprint, shown = "", {}
    for line in rehearsal():
        typed = line.replace("FINGERPRINT", fingerprint)
        ran = _typed(typed, environment, fresh_layout)
        expected = _STATUS.search(line)
        said = f"{typed}\n{ran.stdout}\n{ran.stderr}"
        assert ran.returncode == (int(expected[1]) if expected else 0), said
        if found := _FINGERPRINT.search(ran.stdout):
            fingerprint = found[1]
        shown[line] = ran.stdout
    _check(shown)


def _check(shown: Mapping[str, str]) -> None:
    """What the runbook promises of what is to be seen on the way."""
    # Not only done, but for the reason that the text gives.
    (paused,) = (text for line, text in shown.items() if "--phase paused" in line)
    assert "gate writebackFailures failed" in paused
    (reset,) = (text for line, text in shown.items() if "/sspr/reset" in line)
    assert "33004" in reset
    (status,) = (text for line, text in shown.items() if line == "sspr status")
    assert "27 people" in status


def _typed(
    line: str, environment: Mapping[str, str], layout: Layout
) -> subprocess.CompletedProcess[str]:
    """The line as a shell takes it; the sandbox is this test's instead of the one in the folder."""
    here = line.replace(_SANDBOX, f"{sys.executable} -m sandbox --state {layout.state} ")
    return _run(["bash", "-c", here], environment)


def _run(
    words: list[str], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
