"""Tally of preflights: how many people there is what of, so that nobody has to count them again."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from shared.domain.person.preflight import Finding, Preflight, Unknown, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many people were looked at, and of how many there is each verdict and word."""

    people: int = 0
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    findings: Mapping[Finding, int] = field(default_factory=dict)
    unknown: Mapping[Unknown, int] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Collection[Preflight]) -> Self:
        """Counts what was found."""
        return cls(
            people=len(found),
            verdicts=dict(Counter(one.verdict for one in found)),
            findings=dict(Counter(word for one in found for word in one.findings)),
            unknown=dict(Counter(word for one in found for word in one.unknown)),
        )

    @classmethod
    def sum(cls, parts: Collection[Self]) -> Self:
        """Adds parts up that have nobody in common."""
        return cls(
            people=sum(one.people for one in parts),
            verdicts=_sum(one.verdicts for one in parts),
            findings=_sum(one.findings for one in parts),
            unknown=_sum(one.unknown for one in parts),
        )


def _sum[W](parts: Iterable[Mapping[W, int]]) -> dict[W, int]:
    whole = Counter[W]()
    for one in parts:
        whole.update(one)
    return dict(whole)
