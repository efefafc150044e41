"""The language of rollout documents: its words and schema, the gates as a registry has them."""

from typing import Final

from shared.contracts.documents.rollout.gates import gates_model
from shared.contracts.documents.rollout.vocabulary import rollout_model
from shared.contracts.documents.schema import DocumentSchema
from shared.domain.rollout.gates.kind import GateKinds
from shared.domain.rollout.gates.registry import GATES

_ID = "urn:sspr-rollout:schema:rollout:1"


class RolloutLanguage:
    """What may be written in a rollout document.

    Attributes:
        kinds: the kinds of gates that it knows.
        gates: the model of one layer of gates.
        model: the model of the whole document.
        schema: what editors and complaints know of it.
    """

    def __init__(self, kinds: GateKinds = GATES) -> None:
        self.kinds = kinds
        self.gates = gates_model(kinds)
        self.model = rollout_model(self.gates)
        self.schema = DocumentSchema(self.model, _ID)


ROLLOUT: Final = RolloutLanguage()
"""With the gates that there are."""
