"""The one root of every error this product raises on purpose, and its kinds."""

from collections.abc import Sequence


class SsprRolloutError(Exception):
    """Something the operator can act on: the text names what is wrong and where."""


class InvalidMessage(SsprRolloutError):
    """A message or request that cannot be taken as it is.

    Attributes:
        field: the dotted path of the offending field, `(body)` where the whole body is meant;
            `(a field without a name)` where the sender gave it none that can be seen.
        reason: what is wrong with it, in words for the sender.
    """

    def __init__(self, field: str, reason: str) -> None:
        field = field if field.strip() else "(a field without a name)"
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class ConfigurationError(SsprRolloutError):
    """Settings are missing, wrong or contradict each other; nothing is done before that is mended.

    Attributes:
        problems: everything that is wrong, a sentence each.
    """

    def __init__(self, summary: str, problems: Sequence[str] = ()) -> None:
        super().__init__("\n".join([summary, *(f"  {one}" for one in problems)]))
        self.problems = tuple(problems) or (summary,)


class DirectoryUnavailable(SsprRolloutError):
    """Graph or Active Directory did not answer usefully; the work is to be tried again.

    Attributes:
        retry_after: seconds for which the other side asks not to be asked again; 0 if it does not
            say.
    """

    retry_after: float = 0.0


class GroupsUnsaid(DirectoryUnavailable):
    """Entra knows people and does not say which groups they are in.

    A replica that does not know them yet answers so. Nobody may guess that they are in none: who is
    in an excluded group would be let in, and who leaves and is a member would be taken for out.
    """

    def __init__(self, people: int = 1) -> None:
        whose = "somebody is" if people == 1 else f"{people:,} people are"
        super().__init__(f"Entra does not say yet which groups {whose} in; ask again")


class ServiceUnavailable(SsprRolloutError):
    """The storage account or Service Bus did not answer usefully; the work is to be tried again."""


class LedgerIsNewer(ServiceUnavailable):
    """A newer version has written the ledger, and this one may not go on with it.

    A kind of being away: what waits goes on waiting until a version is there that may.
    """


class UnreadableRow(ServiceUnavailable):
    """A row of the ledger has something that this version does not know.

    A kind of being away: whoever was passed over would be taken for somebody of whom nothing is
    known, so nobody is decided about until a version is there that can read the row.
    """

    def __init__(self, what: str, problem: str) -> None:
        super().__init__(
            f"{what}: this version does not know {problem[:200]}; a newer version has written it, "
            "or somebody by hand. Deploy the version that wrote it"
        )


class LedgerConflict(SsprRolloutError):
    """Somebody else kept changing the same rows; the work is to be tried again."""


class NotPossible(SsprRolloutError):
    """The rollout is not where this could be done; the text says where it is."""


class UnsafePlan(SsprRolloutError):
    """A plan would touch more people than its document allows; the text says how many."""


class NotThere(UnsafePlan):
    """What every plan needs was not in what the directory answered.

    One answer may be wrong: nothing is made of it before a second look says the same.
    """


class WorldChanged(SsprRolloutError):
    """What was planned is no longer what would be done; plan again."""


class TooLarge(InvalidMessage):
    """More was sent at once than is taken; send it in parts."""


class LengthRequired(InvalidMessage):
    """A body came in chunks, so that nobody knows how long it is before it has come."""


class BadMediaType(InvalidMessage):
    """A body is written in a way that is not read here: compressed, or in another charset."""


class NotAuthenticated(SsprRolloutError):
    """Whoever asks or sends has not proved who they are; the text says what is wrong."""


class WrongTime(NotAuthenticated):
    """Whoever sends holds the secret, and signed at a time too far from ours."""


class NotAuthorised(SsprRolloutError):
    """Whoever asks or sends has proved who they are, and is none of those who may."""


class UnknownSource(SsprRolloutError):
    """No HR source is configured by that name, or not for that address."""
