"""A trial of an HR source: what a message would come to, were it sent."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.contracts.api.hr_answers import LeftAloneView


@dataclass(frozen=True, slots=True)
class Trial:
    """The events as they would be sent, and what would be left alone."""

    events: Sequence[Mapping[str, object]]
    left_alone: Sequence[LeftAloneView]

    def as_json(self) -> str:
        """Returns the JSON text that is printed."""
        left_alone = [one.model_dump(by_alias=True) for one in self.left_alone]
        return json.dumps({"events": [*map(dict, self.events)], "leftAlone": left_alone})
