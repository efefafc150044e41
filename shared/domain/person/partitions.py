"""How the ledger is divided: each partition is changed, counted and audited by itself."""

from hashlib import sha256

from shared.domain.person.people import is_object_id

BUCKETS = tuple(f"p-{digit}" for digit in "0123456789abcdef")
PROVISIONAL = "provisional"
PARTITIONS = (*BUCKETS, PROVISIONAL)
"""Of people."""
ROLLOUT = "rollout"
"""The partition of the rollout."""
WRITING = "writing"
"""The partition of the word on everything that writes."""
MESSAGES = "messages"
"""The partition of what operators do with messages; it holds nothing but its audit."""


def bucket(key: str) -> str:
    """Returns the partition of a key; keys are spread evenly over 16 partitions."""
    return f"p-{sha256(key.encode()).hexdigest()[0]}"


def partition_of(person_key: str) -> str:
    """Returns the partition of a person; all who have no object id share one."""
    return bucket(person_key) if is_object_id(person_key) else PROVISIONAL
