"""The words that the language is checked for: those that nobody else uses so, and our own terms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PrivateWord:
    """A word that we use as nobody else does, and the plain one to write instead."""

    pattern: re.Pattern[str]
    plain: str


def _word(pattern: str, plain: str) -> PrivateWord:
    return PrivateWord(re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), plain)


PRIVATE = (
    _word(r"the clock(?!')", "the app's timer, or whose clock it is"),
    _word(
        r"(?:a|an|another|each|every|one|the last|newest|between two) looks?(?! (?:like|as))"
        r"|looks at the gates|no look",
        "check",
    ),
    _word("signs? of life", "heartbeat"),
    _word("in force|into force", "current, or takes effect"),
    _word("heed(?:s|ed)?", "obeyed, or takes effect"),
    _word("mend(?:s|ed|ing)?", "fix, or put right"),
    _word("standing of|somebody's standing", "where a person stands"),
    _word("steer(?:s|ed|ing)?", "control"),
    _word("held in|holds? them in|one of these holds", "claimed by"),
    _word("barred|bars? (?:them|somebody)", "excluded"),
    _word("told", "said, sent, known or informed"),
    _word("drawn up|draws? .{0,12} up|draw up", "made, or planned again"),
    _word("fore(?:tell|tells|told|telling|saw|see|sees|seen)|unforeseen", "predict, or expect"),
    _word("by nobody's word|at nobody's word", "that nobody asked for"),
    _word("those (?:wanted|seen)|those who are wanted", "the people who should be in"),
    _word("as shipped|(?:is|are) shipped", "by default"),
    _word("call(?:s|ed)? off", "cancel"),
    _word("anew", "again"),
    _word("made? good", "correct"),
    _word("doors?|next door", "entrance, address or API"),
    _word("tall(?:y|ies)", "count"),
    _word("by our doing", "put in by the product"),
    _word("take heart|lost patience|loses patience", "gives up"),
)
"""A clock that shows the time is none of ours: `the machine's clock`."""


def _terms(*rows: tuple[str, str]) -> Mapping[str, re.Pattern[str]]:
    return {term: re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE) for term, pattern in rows}


TERMS = _terms(
    ("adopt", "adopt(?:s|ed|ing)?"),
    ("app role", "app roles?"),
    ("applied", "applied"),
    ("audit", "audits?"),
    ("balance", "balance[sd]?"),
    ("brake", "brakes?"),
    ("calendar", "calendars?"),
    ("claim", "claims?"),
    ("cohort", "cohorts?"),
    ("cut", "cuts?"),
    ("dead letter", "dead[- ]letters?"),
    ("delta sync cycle", "delta syncs?"),
    ("directory command", "directory commands?"),
    ("doctor", "doctor"),
    ("drift", "drift(?:s|ed)?"),
    ("effective", "effective"),
    ("enrolment", "enrol(?:s|led|ments?)?"),
    ("exclusion", "exclusions?"),
    ("fingerprint", "fingerprints?"),
    ("flag", "flag(?:s|ged)?"),
    ("follow-up", "follow-ups?"),
    ("forecast", "forecasts?"),
    ("forget", "forgets?|forgot(?:ten)?"),
    ("freeze", "freezes?"),
    ("function key", "function keys?"),
    ("gate", "gates?"),
    ("happening", "happenings?"),
    ("health", "health"),
    ("heartbeat", "heartbeats?"),
    ("held event", "held events?|events? (?:are|is|was|were) held"),
    ("journal", "journals?"),
    ("lease", "leases?"),
    ("leave the product", "leave the product"),
    ("leaver", "leavers?"),
    ("ledger", "ledgers?"),
    ("lost", "`lost`|resets-lost"),
    ("new hire", "new hires?"),
    ("offboarding event", "offboardings?"),
    ("onboarding event", "onboarding events?"),
    ("operation", "operations?"),
    ("operator", "operators?"),
    ("override", "overrides?"),
    ("pause", "pause[sd]?"),
    ("person", "persons?"),
    ("phase", "phases?"),
    ("pilot", "pilots?"),
    ("plan", "plans?"),
    ("preflight", "preflight"),
    ("promote", "promot(?:e|es|ed|ion)"),
    ("provenance", "provenance"),
    ("receipt", "receipts?"),
    ("reconciliation", "reconciliations?|reconcil(?:e|es|ed|er)"),
    ("registered", "registered"),
    ("resettable", "resettable"),
    ("ring", "rings?"),
    ("rollback", "rollbacks?"),
    ("rollout", "rollouts?"),
    ("roster", "rosters?"),
    ("runbook", "runbooks?"),
    ("salt", "salts?"),
    ("sandbox", "sandbox(?:es)?"),
    ("scope group", "scope groups?"),
    ("signal", "signals?"),
    ("snapshot", "snapshots?"),
    ("soak", "soak(?:s|ed|ing)?"),
    ("source of authority", "sources? of authority"),
    ("stop", "`sspr stop`"),
    ("topology", "topolog(?:y|ies)"),
    ("transcript", "transcripts?"),
    ("visible", "`visible`"),
    ("wave", "waves?"),
    ("wheelhouse", "wheelhouses?"),
    ("withdrawn", "withdrawn"),
    ("worker", "workers?"),
)
"""Terms of ours, as the glossary has them, with how they occur in a text."""

EXPLAINED_ON_FIRST_PAGE = frozenset(
    {
        *("effective", "gate", "pause", "phase", "pilot", "plan", "promote", "registered"),
        *("resettable", "rollback", "rollout", "soak", "wave", "worker"),
    }
)
"""What the first page says in the same breath, or shows in its tour with a comment."""
EVERYDAY = frozenset({"cut", "flag", "forget", "health", "lost", "operation", "person", "stop"})
"""Terms that are everyday words as well, which the first page may use as such."""
