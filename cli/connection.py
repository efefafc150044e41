"""HTTP to the app: JSON in and out, errors in words, and nothing sent twice that must not be."""

import time
from typing import Any
from urllib.parse import quote

import httpx

from cli.exits import Failure, RefusedInput, Status, Unanswered
from cli.settings import CliSettings
from shared.domain.health import Health

_PAUSES = (0.2, 0.8)
"""Seconds before the second and the third attempt."""
_WORTH_A_RETRY = frozenset({429, 502, 503, 504})
_UNCLEAR = frozenset({500, 502, 503, 504})
"""What the app, or what stands before it, also answers once the work has begun."""
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_TIMEOUT = 30.0
_IN_A_HEADER = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")
_ADVICE = {
    401: "it does not take the credentials; set SSPR_KEY to a function key or host key of this "
    "app, or SSPR_TOKEN to a token that has not expired",
    403: "it is stopped, or its access restrictions do not let this machine in",
    404: "it has no such address; SSPR_URL should end in the app's /api",
}


_MUTE = (
    "{url} is up, but its set-up is wrong: it takes nothing and does nothing until that is mended; "
    "sspr health says what is wrong"
)


class Connection:
    """One app; every call raises `Failure` where there is no usable answer.

    A request that got no answer is made again, but for those of which that is forbidden.
    """

    def __init__(self, settings: CliSettings, actor: str | None = None) -> None:
        # A header holds ASCII and nothing else for certain.
        signed = {"x-sspr-actor": quote(actor, safe=_IN_A_HEADER)} if actor else {}
        self._url = str(settings.url).rstrip("/")
        self._http = httpx.Client(headers=settings.headers | signed, timeout=_TIMEOUT)

    def close(self) -> None:
        """Let go of the sockets."""
        self._http.close()

    def get(self, path: str, **parameters: int) -> dict[str, Any] | None:
        """The JSON object there; None where the app says that there is none."""
        answer = self._ask("GET", path, params=parameters)
        return None if self._is_none(answer) else self._object(answer)

    def word(self) -> str:
        """The app's health in a word; asked once, and empty where there is none."""
        try:
            said = self._http.get(f"{self._url}/health").text
        except httpx.TransportError:
            return ""
        return said if said in set(Health) else ""

    def get_text(self, path: str, **parameters: int) -> str | None:
        """The text there; None where the app says that there is none."""
        answer = self._ask("GET", path, params=parameters)
        if self._is_none(answer):
            return None
        if answer.status_code != httpx.codes.OK:
            raise self._unusable(answer)
        return answer.text

    def post(self, path: str, *, repeatable: bool = True, **content: Any) -> dict[str, Any]:
        """What the app answers.

        Raises:
            RefusedInput: it does not take this as it is written.
            Unanswered: it is not known what became of a request that is not `repeatable`.
            Failure: it has no such thing, or this is not possible as things stand.
        """
        answer = self._ask("POST", path, repeatable=repeatable, **content)
        problem = _problem(answer)
        reason = str(problem.get("reason", ""))
        match answer.status_code:
            case httpx.codes.BAD_REQUEST if problem:
                field = problem.get("field") or "(body)"
                raise RefusedInput(field, reason, problem.get("findings") or [])
            case httpx.codes.NOT_FOUND if problem:
                raise Failure(Status.NOT_FOUND, reason)
            case httpx.codes.CONFLICT if problem:
                raise Failure(Status.NOT_POSSIBLE, f"the app refused: {reason}")
        return self._object(answer)

    def _ask(
        self, method: str, path: str, *, repeatable: bool = True, **content: Any
    ) -> httpx.Response:
        url = f"{self._url}/{path}"
        pauses = iter(_PAUSES)
        while True:
            pause = next(pauses, None)
            try:
                answer = self._http.request(method, url, **content)
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
                if not repeatable and not isinstance(error, _NEVER_SENT):
                    raise Unanswered(f"{self._url} gave no answer ({problem})") from None
                if pause is None:
                    raise self._unreachable(problem) from None
            else:
                if not repeatable and answer.status_code in _UNCLEAR:
                    raise Unanswered(str(self._unusable(answer)))
                if pause is None or answer.status_code not in _WORTH_A_RETRY:
                    return answer
            time.sleep(pause)

    def _is_none(self, answer: httpx.Response) -> bool:
        return answer.status_code == httpx.codes.NOT_FOUND and bool(_problem(answer))

    def _object(self, answer: httpx.Response) -> dict[str, Any]:
        body = _object_of(answer)
        if not answer.is_success or not body:
            raise self._unusable(answer)
        return body

    def _unreachable(self, problem: str) -> Failure:
        text = f"{self._url} cannot be reached ({problem}); is the app up and SSPR_URL right?"
        return Failure(Status.UNREACHABLE, text)

    def _unusable(self, answer: httpx.Response) -> Failure:
        code = answer.status_code
        if code == httpx.codes.NOT_FOUND and self.word() == Health.MISCONFIGURED:
            return Failure(Status.UNREACHABLE, _MUTE.format(url=self._url))
        reason = _problem(answer).get("reason")
        advice = _ADVICE.get(code, "see the app's logs")
        advice = f"{reason}; {advice}" if reason else advice
        if answer.has_redirect_location:
            advice = f"it moved to {answer.headers['location']}; set SSPR_URL accordingly"
        elif answer.is_success:
            advice = "but not with the operator API's JSON; is SSPR_URL the app's /api?"
        return Failure(Status.UNREACHABLE, f"{self._url} answered {code}: {advice}")


def _problem(answer: httpx.Response) -> dict[str, Any]:
    problem = _object_of(answer).get("error")
    return problem if isinstance(problem, dict) else {}


def _object_of(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
