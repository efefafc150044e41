"""What a kind of gate is: its words, its parameters, what it needs, and how it judges.

All that is known of a kind stands in its own file. The document's vocabulary and schema, the
evaluation, the views, the command line and the documentation are made from these values, so that a
new kind is one file and one entry in the registry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from shared.domain.rollout.gate import Gate, Outcome, Result
from shared.domain.rollout.gates.look import Look


@dataclass(frozen=True, slots=True)
class Share:
    """A number from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number."""

    least: int
    most: int | None = None
    optional: bool = False
    """Whether None may stand in its place."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time."""

    shortest: timedelta
    longest: timedelta
    because: str = ""
    """Added to the sentence that refuses another one."""
    name: str = "Window"
    """What the document's schema calls it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a document may say of a gate of this kind; it ends in the gate's field of that name."""

    name: str
    default: float | timedelta | None
    bounds: Share | Whole | Duration
    description: str
    loud_default: float | None = None
    """Of a sample: what the default was before fewer could pass while none of them failed. It
    stands in the digests of documents that say nothing of it, so that they stay as they were."""


FAILURE_LIMIT = Parameter(
    "failure_limit",
    3,
    Whole(1, 1000),
    "So many failures in a row pause the rollout. A failing gate never promotes, paused or not.",
)
INCONCLUSIVE_LIMIT = Parameter(
    "inconclusive_limit",
    None,
    Whole(1, 100_000, optional=True),
    "So many inconclusive looks in a row, counted after the soak, pause the rollout; null (the "
    "default): it waits. An inconclusive gate never promotes.",
)
_WINDOW = Duration(timedelta(minutes=1), timedelta(days=90))


def failure_limit(default: int, description: str) -> Parameter:
    """Makes the parameter that says after how many failures the rollout pauses.

    It is for kinds that are less patient than others.
    """
    return Parameter("failure_limit", default, FAILURE_LIMIT.bounds, description)


def threshold(default: float, description: str, bounds: Share | Whole | None = None) -> Parameter:
    """Makes the parameter for what the value has to reach or must not go beyond.

    It is a share unless other bounds are given.
    """
    return Parameter("threshold", default, bounds or Share(), description)


def minimum_sample(default: int, description: str) -> Parameter:
    """Makes the parameter that says with how few people or resets the gate is inconclusive."""
    return Parameter("minimum_sample", default, Whole(0), description)


def quiet_sample(default: int, description: str) -> Parameter:
    """Makes the same for a kind that fewer pass while none of them failed.

    That holds where a document says nothing of it. One that does has a sample to wait for.
    """
    return Parameter("minimum_sample", default, Whole(0), description, loud_default=0)


def window(default: timedelta, description: str, bounds: Duration = _WINDOW) -> Parameter:
    """Makes the parameter that says how far back to look, or how long after the soak began."""
    return Parameter("window", default, bounds, description)


class Need(StrEnum):
    """What has to be looked up for a gate besides the ledger's totals."""

    RESETS = "resets"
    """From the directory's audit log, as far back as the gate's window."""
    WORKERS = "workers"
    """What the hybrid workers said last."""
    CLOUD_SYNC = "cloud-sync"
    """How the jobs of Entra Cloud Sync stand, where a worker's sync is that."""
    PREFLIGHTS = "preflights"
    """What the worker found about the wave's people's accounts in AD, as far back as the window."""


class Unit(StrEnum):
    """What the value and the threshold are."""

    SHARE = "share"
    PEOPLE = "people"
    NOTHING = "nothing"
    """The gate has no threshold."""


class Sample(StrEnum):
    """What `minimumSample` counts."""

    WAVE = "wave"
    """The wave's people."""
    SCOPE = "scope"
    """Everybody in scope."""
    RESETS = "resets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What is known of a wave before it begins."""

    adds: int
    """How many people it would put in."""
    needs_worker: bool
    """Whether the topology has an AD group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """A kind's cells in the tables of the documentation, in Markdown."""

    threshold: str = ""
    """After its default: `at least`, and of what."""
    window: str
    """`{}` stands for the default."""
    looks_at: str
    passes: str
    fails: str
    inconclusive: str
    cause: str
    """Why it is likely to fail."""
    remedy: str


def _no_doubt(_gate: Gate, _prospect: Prospect) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateKind:
    """Everything that is known of one kind of gate."""

    name: str
    """As a rollout document has it."""
    meaning: str
    """What it looks at, in a sentence."""
    summary: str
    """The same in a few words, and what null or {} comes to."""
    standard: bool
    """Whether the gate holds where a document says nothing of it."""
    parameters: tuple[Parameter, ...]
    judge: Callable[[Gate, Look], Result]
    condition: Callable[[Gate], str]
    """What a gate asks of its wave, in words."""
    guide: Guide
    unit: Unit = Unit.SHARE
    sample: Sample | None = None
    needs: frozenset[Need] = frozenset()
    older_names: tuple[str, ...] = ()
    """As it was called before: still read in documents, and in what is stored."""
    watch: Callable[[Gate, Look], Result] | None = None
    """How it judges what has to hold in every phase, and without a rollout too; None: it asks
    for nothing of that kind, but for a wave's people."""
    watched_back: timedelta = timedelta()
    """How far back the watch looks at resets, where that is further than a gate's window."""
    doubt: Callable[[Gate, Prospect], str | None] = _no_doubt
    """What an operator would rather know of a gate before its wave begins."""

    def gate(self, **given: Any) -> Gate:
        """Returns the gate with these parameters, and the defaults of its kind for the others."""
        # Where its kind knows no sample, every look is big enough.
        plain: dict[str, Any] = {"threshold": 0.0, "window": timedelta(), "minimum_sample": 0}
        is_quiet = self.loud_sample is not None and "minimum_sample" not in given
        values = plain | {one.name: one.default for one in self.parameters} | given
        values["quiet_passes"] = is_quiet
        return Gate(kind=self.name, **values | {"threshold": float(values["threshold"])})

    @property
    def loud_sample(self) -> float | None:
        """The default sample before there was a quiet one; None if the kind has none."""
        defaults = (one.loud_default for one in self.parameters if one.name == "minimum_sample")
        return next(defaults, None)

    def default_of(self, name: str) -> float | timedelta | None:
        """Returns the default of the parameter of that name, or None if the kind has none such."""
        return next((one.default for one in self.parameters if one.name == name), None)


type GateKinds = Mapping[str, GateKind]
"""Kinds of gates by their names, in the order in which gates are looked at."""


def registry_of(*kinds: GateKind) -> GateKinds:
    """Returns the kinds by their names.

    Raises:
        ValueError: two of them have one name.
    """
    found = {kind.name: kind for kind in kinds}
    names = [name for kind in kinds for name in (kind.name, *kind.older_names)]
    if len(set(names)) < len(names):
        raise ValueError("two kinds of gates have one name")
    return MappingProxyType(found)


def kind_of(name: str, kinds: GateKinds) -> GateKind:
    """Returns the kind of that name.

    If another version wrote the name, it is a kind that decides nothing.
    """
    renamed = (one for one in kinds.values() if name in one.older_names)
    return kinds.get(name) or next(renamed, None) or _unknown(name)


def _unknown(name: str) -> GateKind:
    words = "this version knows no such gate"
    return GateKind(
        name=name,
        meaning=words,
        summary=words,
        standard=False,
        parameters=(),
        judge=lambda gate, _: Result(
            gate=gate, outcome=Outcome.INCONCLUSIVE, value=None, sample=0, text=words
        ),
        condition=lambda _: words,
        guide=Guide(
            window="", looks_at="", passes="", fails="", inconclusive="", cause="", remedy=""
        ),
    )
