"""The gates of a rollout document: their vocabulary, their defaults, and how layers add up.

The defaults let a healthy rollout go on in which nobody happens to reset a password: a gate that
asks about resets passes where there were none (`minimumSample: 0`). And they are patient with
machinery, since a paused rollout adds nobody: three looks in a row have to fail.
"""

from typing import Annotated, Any

from pydantic import Field
from pydantic.alias_generators import to_camel

from shared.contracts.documents.part import Part
from shared.contracts.documents.scalars import Share, Span, between, span
from shared.domain.rollout.gate import Gate, GateKind

type ResetWindow = Annotated[
    Span, between("PT1M", "P30D", "; the directory keeps its audit log for 30 days")
]
type Window = Annotated[Span, between("PT1M", "P90D")]


class GateText(Part):
    """How patient a gate is."""

    failure_limit: int = Field(
        3,
        ge=1,
        le=1000,
        description="So many failures in a row pause the rollout. A failing gate never promotes, "
        "paused or not.",
    )
    inconclusive_limit: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="So many inconclusive looks in a row, counted after the soak, pause the "
        "rollout; null (the default): it waits. An inconclusive gate never promotes.",
    )


class Visible(GateText):
    """The share of the wave's people whose membership Entra shows within their deadline."""

    threshold: Share = Field(0.95, description="At least this share, from 0 to 1.")
    minimum_sample: int = Field(
        1,
        ge=0,
        description="With fewer people in the wave the gate is inconclusive. 0: a wave of nobody "
        "passes.",
    )


class Effective(GateText):
    """The share of the wave's people whom the registration report shows as enabled for SSPR."""

    threshold: Share = Field(
        0.9,
        description="At least this share, from 0 to 1. The report lags by hours and misses a "
        "few, hence less than for visible.",
    )
    minimum_sample: int = Field(
        1,
        ge=0,
        description="With fewer people in the wave the gate is inconclusive. 0: a wave of nobody "
        "passes.",
    )


class Registered(GateText):
    """The share of the wave's people who have registered, judged once the window is over."""

    threshold: Share = Field(0.5, description="At least this share, from 0 to 1.")
    minimum_sample: int = Field(
        1,
        ge=0,
        description="With fewer people in the wave the gate is inconclusive. 0: a wave of nobody "
        "passes.",
    )
    window: Window = Field(
        "P3D", description="How long people have, counted from when the wave's soak began."
    )
    failure_limit: int = Field(
        1, ge=1, le=1000, description="So many failures in a row pause the rollout."
    )


class ResetGate(GateText):
    """A gate on what people met who reset their password, from the directory's audit log."""

    window: ResetWindow = Field(
        "P1D", description="How far back to look; never to before the wave or the last resume."
    )
    failure_limit: int = Field(
        1,
        ge=1,
        le=1000,
        description="So many failures in a row pause the rollout. 1 by default: people cannot "
        "help themselves while it fails.",
    )


class WritebackFailures(ResetGate):
    """The share of self-service resets that could not be written to Active Directory."""

    threshold: Share = Field(0.2, description="At most this share of the resets, from 0 to 1.")
    minimum_sample: int = Field(
        0,
        ge=0,
        description="With fewer resets within the window the gate is inconclusive. 0 (the "
        "default): it passes where there were none, and one failure among few counts in full.",
    )


class BlockedResets(ResetGate):
    """The share of people in scope who were refused a reset all the same."""

    threshold: Share = Field(
        0.05, description="At most this share of the people in scope, from 0 to 1."
    )
    minimum_sample: int = Field(
        0, ge=0, description="With fewer people in scope the gate is inconclusive."
    )


class WorkerAlive(GateText):
    """How long the hybrid worker may be silent; passes where the topology needs no worker."""

    window: Window = Field(
        "PT10M", description="The longest silence. The worker reports about once a minute."
    )


class DeltaSync(GateText):
    """Whether the newest delta sync ended well; passes where the topology needs no worker."""

    window: Window = Field(
        "PT2H",
        description="How old it may be while people wait for one. Entra Connect runs every 30 "
        "minutes by itself.",
    )


class Backlog(GateText):
    """How many people's writes may be overdue."""

    threshold: int = Field(0, ge=0, description="At most so many people.")


class Gates(Part):
    """Conditions by kind. Give what differs from the layer below; null takes a gate out.

    The layers, from below: the standard gates, those of the document, those of a wave.
    """

    visible: Visible | None = Field(
        None, description="Standard. People whose membership Entra shows; null: no such gate."
    )
    effective: Effective | None = Field(
        None, description="Standard. People enabled by the registration report; null: none."
    )
    registered: Registered | None = Field(
        None, description="Only where given. People who have registered; {} for its defaults."
    )
    writeback_failures: WritebackFailures | None = Field(
        None, description="Standard. Resets that did not reach AD; null: no such gate."
    )
    blocked_resets: BlockedResets | None = Field(
        None, description="Only where given. People in scope refused a reset; {} for defaults."
    )
    worker_alive: WorkerAlive | None = Field(
        None, description="Standard. The hybrid worker's silence; null: no such gate."
    )
    delta_sync: DeltaSync | None = Field(
        None, description="Standard. The newest delta sync; null: no such gate."
    )
    backlog: Backlog | None = Field(
        None, description="Standard. Overdue writes; null: no such gate."
    )


_TEXTS: dict[GateKind, type[GateText]] = {
    GateKind.VISIBLE: Visible,
    GateKind.EFFECTIVE: Effective,
    GateKind.REGISTERED: Registered,
    GateKind.WRITEBACK_FAILURES: WritebackFailures,
    GateKind.BLOCKED_RESETS: BlockedResets,
    GateKind.WORKER_ALIVE: WorkerAlive,
    GateKind.DELTA_SYNC: DeltaSync,
    GateKind.BACKLOG: Backlog,
}
STANDARD = frozenset(GateKind) - {GateKind.REGISTERED, GateKind.BLOCKED_RESETS}
"""The gates that hold where a document does not say otherwise."""


def layered(*layers: Gates) -> tuple[Gate, ...]:
    """The gates that hold when each layer is laid upon the one before, the standard lowest."""
    settings: dict[GateKind, dict[str, Any]] = {kind: {} for kind in STANDARD}
    for layer in layers:
        for name in layer.model_fields_set:
            kind, given = GateKind(to_camel(name)), getattr(layer, name)
            if given is None:
                settings.pop(kind, None)
            else:
                settings[kind] = settings.get(kind, {}) | given.model_dump(exclude_unset=True)
    return tuple(_gate(kind, settings[kind]) for kind in GateKind if kind in settings)


def _gate(kind: GateKind, settings: dict[str, Any]) -> Gate:
    """A gate; where its kind knows no sample, every look is big enough."""
    full = _TEXTS[kind]().model_dump() | settings
    return Gate(
        kind=kind,
        threshold=float(full.get("threshold", 0)),
        window=span(full.get("window", "PT0S")),
        minimum_sample=full.get("minimum_sample", 0),
        failure_limit=full["failure_limit"],
        inconclusive_limit=full["inconclusive_limit"],
    )
