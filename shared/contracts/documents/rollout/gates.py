"""The gates of a rollout document: their vocabulary, made from their kinds, and how layers add up.

The defaults let a healthy rollout go on in which nobody happens to reset a password: a gate that
asks about resets passes where none failed, and fails only where there were enough to judge by. And
they are patient with machinery, since a paused rollout adds nobody: three looks have to fail.
"""

from datetime import timedelta
from typing import Annotated, Any, TypeAliasType

from pydantic import Field, create_model
from pydantic.alias_generators import to_snake

from shared.contracts.documents import scalars
from shared.contracts.documents.part import Part
from shared.contracts.documents.scalars import Span, between, span
from shared.domain.durations import duration_text
from shared.domain.rollout.gate import Gate
from shared.domain.rollout.gates.kind import Duration, GateKind, GateKinds, Parameter, Share, Whole


class Gates(Part):
    """Conditions by kind. Give what differs from the layer below; null takes a gate out.

    The layers, from below: the standard gates, those of the document, those of a wave.
    """


def gates_model(kinds: GateKinds) -> type[Gates]:
    """Make the vocabulary of the gates: a key for each kind, with the keys of its parameters."""
    fields: dict[str, Any] = {}
    for kind in kinds.values():
        part = _part(kind)
        fields[to_snake(kind.name)] = _field(kind, part)
        fields |= {to_snake(older): _older_field(kind, part, older) for older in kind.older_names}
    return create_model("Gates", __base__=Gates, __doc__=Gates.__doc__, **fields)


def _part(kind: GateKind) -> type[Part]:
    parameters: dict[str, Any] = {one.name: _parameter(one) for one in kind.parameters}
    title = kind.name[0].upper() + kind.name[1:]
    return create_model(title, __base__=Part, __doc__=kind.meaning, **parameters)


def _older_field(kind: GateKind, part: type[Part], name: str) -> tuple[Any, Any]:
    """A key that the gate had before: read as the new one, which counts where both are given."""
    description = f"The older word for {kind.name}; write {kind.name}."
    return part | None, Field(None, alias=name, description=description, deprecated=True)


def _field(kind: GateKind, part: type[Part]) -> tuple[Any, Any]:
    known = "Standard." if kind.standard else "Only where given."
    return part | None, Field(None, alias=kind.name, description=f"{known} {kind.summary}")


def _parameter(parameter: Parameter) -> tuple[Any, Any]:
    """The type of a parameter's key, and its field."""
    default, description = parameter.default, parameter.description
    match parameter.bounds:
        case Share():
            return scalars.Share, Field(default, description=description)
        case Whole(least, most, optional):
            kind = int | None if optional else int
            return kind, Field(default, ge=least, le=most, description=description)
        case Duration() as bounds:
            text = duration_text(default) if isinstance(default, timedelta) else default
            return _window(bounds), Field(text, description=description)


def _window(bounds: Duration) -> Any:
    shortest, longest = duration_text(bounds.shortest), duration_text(bounds.longest)
    return TypeAliasType(bounds.name, Annotated[Span, between(shortest, longest, bounds.because)])


def layered(kinds: GateKinds, *layers: Gates) -> tuple[Gate, ...]:
    """The gates that hold when each layer is laid upon the one before, the standard lowest."""
    given = (_gate(kind, layers) for kind in kinds.values())
    return tuple(gate for gate in given if gate)


def _gate(kind: GateKind, layers: tuple[Gates, ...]) -> Gate | None:
    """The gate of that kind, if there is one when all layers have been laid."""
    # In one layer the newer name comes last, and so counts.
    names = [to_snake(name) for name in (*kind.older_names, kind.name)]
    settings: dict[str, Any] | None = {} if kind.standard else None
    for layer in layers:
        for name in names:
            if name in layer.model_fields_set:
                # Not by its attribute, which warns of a word that is read all the same.
                part: Part | None = layer.__dict__[name]
                settings = (settings or {}) | part.model_dump(exclude_unset=True) if part else None
    if settings is None:
        return None
    return kind.gate(**{name: _value(name, one) for name, one in settings.items()})


def _value(name: str, value: Any) -> Any:
    """As the domain has it, of what the document or its kind says."""
    if name == "threshold":
        return float(value)
    return span(value) if isinstance(value, str) else value
