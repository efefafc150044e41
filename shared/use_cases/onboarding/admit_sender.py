"""Admit a sender: whoever proves to be the HR system in whose name they send.

Whoever proves nothing learns nothing, not even which sources there are: a name that nobody has and
a proof that is wrong are answered in the same words, and after about the same work. What was wrong
is counted where operators look, and told to nobody outside.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.contracts.documents.hr_sources.vocabulary import Authentication, Source
from shared.domain.errors import InvalidMessage, NotAuthenticated, NotAuthorised, WrongTime
from shared.hr.adapters import tree_of
from shared.hr.kind import HrKinds
from shared.hr.proofs.checked import check_proof, is_in_body
from shared.hr.proofs.signature import Signing
from shared.hr.registry import HR_KINDS
from shared.hr.request import HrRequest
from shared.ports.senders import Senders

_BEARER, _PROOF_OF_POSSESSION = "bearer", "pop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What the sender shows for itself."""

    scheme: str
    """How it is to be used, in lower case: `bearer`."""
    text: str = field(repr=False)


class NotProved(NotAuthenticated):
    """Whoever sends does not prove to be a source; whatever the reason, the words are the same."""

    def __init__(self, reason: str, *, holds_secret: bool = False) -> None:
        """Keeps the reason, for the count of what is refused, and whether the secret was known."""
        super().__init__("the proof is missing or wrong; what is wrong with it is in the app's log")
        self.reason = reason
        self.holds_secret = holds_secret


async def admit_sender(
    source: Source | None,
    request: HrRequest,
    token: Token | None,
    senders: Senders,
    now: datetime,
    *,
    kinds: HrKinds = HR_KINDS,
) -> Source:
    """Returns the source once it is proved that it sends; of a key the host has made sure already.

    Args:
        source: in whose name is sent, where there is one at this door.
        request: as it came.
        token: what was shown beside it.
        senders: who may send.
        now: the time.
        kinds: which kinds of sources there are.

    Raises:
        NotProved: there is no such source, or the proof is missing or wrong.
        NotAuthorised: a token that is good otherwise is of an app that may not send.
        DirectoryUnavailable: a token could not be checked.
    """
    shown = _Shown(request, token, senders, now, kinds)
    reason, holds_secret = "no source of that name comes in here", False
    if source:
        try:
            await shown.check(source)
        except NotAuthenticated as error:
            reason, holds_secret = str(error), isinstance(error, WrongTime)
        else:
            return source
    await shown.check_in_vain(source)
    raise NotProved(reason, holds_secret=holds_secret)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What somebody shows, and what it can be checked with."""

    request: HrRequest
    token: Token | None
    senders: Senders
    now: datetime
    kinds: HrKinds

    async def check(self, source: Source) -> None:
        """Lets pass who is the source.

        Raises:
            NotAuthenticated, NotAuthorised: who is not.
            DirectoryUnavailable: a token could not be checked.
        """
        if source.entra and source.authentication is Authentication.ENTRA:
            application = await self._application()
            if application not in source.entra.applications:
                raise NotAuthorised(f"the app {application} may not send for {source.name}")
            return
        value: Any = None
        if is_in_body(source):
            try:
                value = tree_of(source, self.request.body, self.request.charset)
            except InvalidMessage:
                raise NotAuthenticated("the body that holds the secret cannot be read") from None
        secrets = self.senders.secrets
        check_proof(source, self.request, secrets, self.now, value=value, kinds=self.kinds)

    async def check_in_vain(self, source: Source | None) -> None:
        """Checks as sources of every other way of proving would, whatever comes of it.

        So the time that a refusal takes tells neither whether there is such a source, nor its way.
        """
        by_way = {self._way_of(one): one for one in self.senders.sources.values()}
        if source:
            by_way.pop(self._way_of(source), None)
        for other in by_way.values():
            with suppress(NotAuthenticated, NotAuthorised):
                await self.check(other)

    def _way_of(self, source: Source) -> tuple[object, ...]:
        """Returns what the work of a check hangs on: where the proof stands, how it is made."""
        match source.authentication:
            case Authentication.HMAC:
                signing = Signing.of(source, self.kinds)
                return source.authentication, signing.header.lower(), signing.algorithm
            case Authentication.SECRET if source.secret:
                return source.authentication, source.secret.field
        return (source.authentication,)

    async def _application(self) -> str:
        token, tokens = self.token, self.senders.tokens
        if token and token.scheme == _PROOF_OF_POSSESSION:
            # Lifecycle Workflows' own: bound to the Logic App that they are sent to.
            raise NotAuthenticated("proof-of-possession tokens are not taken; send a bearer token")
        if token is None or token.scheme != _BEARER or not token.text or tokens is None:
            raise NotAuthenticated("send a bearer token of Entra")
        return await tokens.application_of(token.text, self.now)
