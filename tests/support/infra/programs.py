"""Programs that judge what is written for them: the real compiler, the real Node."""

import os
import shutil

import pytest


def required(program: str, remedy: str) -> str:
    """Returns where the program is. Without it a test is skipped, and in CI it fails."""
    if found := shutil.which(program):
        return found
    sentence = f"{program} is not on PATH: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)
