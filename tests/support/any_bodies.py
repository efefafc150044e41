"""Bodies of any kind: bytes, JSON of our own words and of others, deep, long and wide ones."""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from shared.contracts.messages.contract import Contract
from shared.contracts.messages.directory_result import DirectoryResult
from shared.contracts.messages.lifecycle_callback import LifecycleCallback
from shared.contracts.messages.onboarding_event import PersonCloudEvent
from shared.contracts.messages.operation_request import OperationRequest
from shared.contracts.messages.scope_change import ScopeChange

CONTRACTS: dict[str, type[Contract]] = {
    "onboarding-events": PersonCloudEvent,
    "scope-changes": ScopeChange,
    "directory-results": DirectoryResult,
    "rollout-operations": OperationRequest,
    "lifecycle-callbacks": LifecycleCallback,
}
"""What each queue of the app's is written in."""
WORDS = sorted(
    {
        field.alias or name
        for contract in CONTRACTS.values()
        for name, field in contract.model_fields.items()
    }
)
NAMES = st.sampled_from(WORDS) | st.text(st.characters(), max_size=9)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=9,
)
"""What JSON itself takes; one number that it does not take makes all of a text none."""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=9,
)
SCHEMAS = [
    field.default
    for contract in CONTRACTS.values()
    for name, field in contract.model_fields.items()
    if name == "schema_"
]


@dataclass(frozen=True)
class Body:
    """Bytes by what they are made of, so that a failure can be read."""

    start: bytes
    part: bytes = b""
    times: int = 0
    end: bytes = b""

    @property
    def whole(self) -> bytes:
        return self.start + self.part * self.times + self.end


def as_json(value: Any) -> Body:
    return Body(json.dumps(value).encode())


BODIES = st.one_of(
    st.binary(max_size=300).map(Body),
    VALUES.map(as_json),
    st.builds(
        lambda schema, value: as_json({"schema": schema, **value}),
        st.sampled_from(SCHEMAS),
        st.dictionaries(NAMES, VALUES, max_size=6),
    ),
    st.builds(Body, st.just(b'{"'), st.just(b"n"), st.integers(1, 1_000_000), st.just(b'": 1}')),
    st.builds(Body, st.just(b""), st.binary(min_size=1, max_size=4), st.just(262_144)),
    st.builds(Body, st.just(b""), st.just(b'{"schema":'), st.integers(100, 100_000)),
)
