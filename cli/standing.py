"""Where everything stands: the totals and the rollout, asked for one after the other."""

import json
from dataclasses import dataclass

from shared.contracts.api.rollout_views import RolloutView
from shared.contracts.api.status_views import StatusView


@dataclass(frozen=True, slots=True)
class Standing:
    """What `sspr status` shows."""

    status: StatusView
    rollout: RolloutView | None

    def as_json(self) -> str:
        """Returns the API's status with its rollout under `rollout`."""
        rollout = self.rollout.model_dump(mode="json", by_alias=True) if self.rollout else None
        return json.dumps(self.status.model_dump(mode="json", by_alias=True) | {"rollout": rollout})
