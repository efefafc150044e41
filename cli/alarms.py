"""The alarms as the command line shows them."""

import json

from shared.contracts.api.alarms import ALARMS


class AlarmList:
    """Every alarm that there is."""

    alarms = ALARMS

    def as_json(self) -> str:
        """Returns the JSON text that is printed: a list."""
        return json.dumps(
            [
                {
                    "name": one.name,
                    "severity": one.severity,
                    "means": one.means,
                    "first": one.first,
                    "entry": one.entry,
                }
                for one in self.alarms
            ]
        )
