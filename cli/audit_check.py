"""The audit's chains, checked against where they should end."""

from collections.abc import Iterable

from shared.contracts.api.audit_views import AuditEndView, AuditRecordView, problem_of
from shared.contracts.api.view import View


class Verdict(View):
    """What is wrong with one partition's chain; no problem where it is unbroken."""

    partition: str
    number: int
    digest: str
    problem: str | None


class Verdicts(View):
    """All partitions that were checked."""

    partitions: tuple[Verdict, ...]

    @property
    def problems(self) -> list[str]:
        """What is wrong, a line each."""
        return [one.problem for one in self.partitions if one.problem]


def verdict(end: AuditEndView, records: Iterable[AuditRecordView]) -> Verdict:
    """Checks a chain, oldest record first, that should end there."""
    return Verdict(
        partition=end.partition,
        number=end.number,
        digest=end.digest,
        problem=problem_of(records, end),
    )
