"""What the operator API answers instead of what was asked for: what is wrong, and where."""

from typing import Annotated

from pydantic import Field

from shared.contracts.api.view import View


class FindingView(View):
    """Something wrong with a rollout document."""

    line: int
    column: int
    field: Annotated[str, Field(description="dotted path")]
    reason: str


class Problem(View):
    """Why a request was refused."""

    field: str | None = None
    reason: str
    findings: tuple[FindingView, ...] = ()


class ErrorAnswer(View):
    """Every answer that is not a success."""

    error: Problem
