"""The operator API over HTTP: views in, errors in words, nothing sent twice that must not be."""

import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from pydantic import ValidationError

from cli.exits import Failure, RefusedInput, Status, Unanswered
from cli.http import PATIENCE, Answer, Http, NeverSent, NoAnswer
from shared.contracts.api.error_views import ErrorAnswer, Problem
from shared.contracts.api.view import View
from shared.contracts.api.words import Health

if TYPE_CHECKING:
    from cli.settings import CliSettings

_PAUSES = (0.2, 0.8)
"""Seconds before the second and the third attempt."""
_WORTH_A_RETRY = frozenset({429, 502, 503, 504})
_UNCLEAR = frozenset({500, 502, 503, 504})
"""What the app, or what stands before it, also answers once the work has begun."""
_IN_A_HEADER = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")
_JSON = {"content-type": "application/json"}
_YAML = {"content-type": "application/yaml"}
_ADVICE = {
    401: "it does not take the credentials; set SSPR_KEY to a function key or host key of this "
    "app, or SSPR_TOKEN to a token that has not expired",
    403: "it is stopped, or its access restrictions do not let this machine in",
    404: "it has no such address; SSPR_URL should end in the app's /api",
}
_MUTE = (
    "{url} is up, but its set-up is wrong: it takes nothing and does nothing until that is fixed; "
    "sspr health says what is wrong"
)


class Connection:
    """One app; every call raises `Failure` where there is no usable answer.

    A request that got no answer is made again, but for those of which that is forbidden.
    """

    def __init__(self, settings: "CliSettings", actor: str | None = None) -> None:
        # A header holds ASCII and nothing else for certain.
        signed = {"x-sspr-actor": quote(actor, safe=_IN_A_HEADER)} if actor else {}
        self._url = str(settings.url).rstrip("/")
        self._http = Http(self._url, settings.headers | signed)

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def get[V: View](
        self, path: str, kind: type[V], *, patience: float = PATIENCE, **parameters: int | str
    ) -> V | None:
        """Returns the view that stands there; None where the app says that there is none.

        `patience` is how many seconds the app may take to begin its answer.
        """
        answer = self._ask("GET", _with_query(path, parameters), patience=patience)
        return None if _is_none(answer) else self._view(answer, kind)

    def get_text(self, path: str, **parameters: int | str) -> str | None:
        """Returns the text there; None where the app says that there is none."""
        answer = self._ask("GET", _with_query(path, parameters))
        if _is_none(answer):
            return None
        if answer.status != HTTPStatus.OK:
            raise self._unusable(answer)
        return answer.text

    def post[V: View](
        self,
        path: str,
        content: object,
        kind: type[V],
        *,
        repeatable: bool = True,
        patience: float = PATIENCE,
    ) -> V:
        """Sends a JSON value; returns what the app answers.

        `patience` is how many seconds the app may take to begin its answer.

        Raises:
            RefusedInput: it does not take this as it is written.
            Unanswered: it is not known what became of a request that is not `repeatable`.
            Failure: it has no such thing, or this is not possible as things stand.
        """
        body = json.dumps(content, separators=(",", ":")).encode()
        return self._posted(path, body, _JSON, kind, repeatable=repeatable, patience=patience)

    def post_yaml[V: View](self, path: str, text: str, kind: type[V]) -> V:
        """Sends a document; returns what the app answers, and raises as `post` does."""
        return self._posted(path, text.encode(), _YAML, kind)

    def _posted[V: View](
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        kind: type[V],
        *,
        repeatable: bool = True,
        patience: float = PATIENCE,
    ) -> V:
        answer = self._ask(
            "POST", path, body=body, headers=headers, repeatable=repeatable, patience=patience
        )
        problem = _problem(answer)
        match answer.status:
            case HTTPStatus.BAD_REQUEST if problem:
                raise RefusedInput(problem.field or "(body)", problem.reason, problem.findings)
            case HTTPStatus.NOT_FOUND if problem:
                raise Failure(Status.NOT_FOUND, problem.reason)
            case HTTPStatus.CONFLICT if problem:
                raise Failure(Status.NOT_POSSIBLE, f"the app refused: {problem.reason}")
        return self._view(answer, kind)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        patience: float = PATIENCE,
    ) -> Answer:
        pauses = iter(_PAUSES)
        while True:
            pause = next(pauses, None)
            try:
                answer = self._http.request(
                    method,
                    path,
                    body=body,
                    headers=headers,
                    fresh=not repeatable,
                    patience=patience,
                )
            except NoAnswer as error:
                if not repeatable and not isinstance(error, NeverSent):
                    raise Unanswered(f"{self._url} gave no answer ({error})") from None
                if pause is None:
                    raise self._unreachable(error) from None
            else:
                if not repeatable and answer.status in _UNCLEAR:
                    raise Unanswered(str(self._unusable(answer)))
                if pause is None or answer.status not in _WORTH_A_RETRY:
                    return answer
            time.sleep(pause)

    def _view[V: View](self, answer: Answer, kind: type[V]) -> V:
        if not _is_success(answer):
            raise self._unusable(answer)
        try:
            return kind.model_validate_json(answer.body)
        except ValidationError as error:
            raise self._misread(answer, error) from None

    def _misread(self, answer: Answer, error: ValidationError) -> Failure:
        """Explains an answer that is no such view: it is of an older app, or of no app of ours."""
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"]))
        if not field:
            return self._unusable(answer)
        problem = "lacks" if first["type"] == "missing" else "has another kind of"
        text = (
            f"{self._url} answered, but {problem} `{field}`, which this sspr needs: the app is "
            "older or much newer than it, or SSPR_URL is not the app's /api"
        )
        return Failure(Status.UNREACHABLE, text)

    def _is_misconfigured(self) -> bool:
        try:
            return self._http.request("GET", "health").text == Health.MISCONFIGURED
        except NoAnswer:
            return False

    def _unreachable(self, problem: NoAnswer) -> Failure:
        text = f"{self._url} cannot be reached ({problem}); is the app up and SSPR_URL right?"
        return Failure(Status.UNREACHABLE, text)

    def _unusable(self, answer: Answer) -> Failure:
        if answer.status == HTTPStatus.NOT_FOUND and self._is_misconfigured():
            return Failure(Status.UNREACHABLE, _MUTE.format(url=self._url))
        problem = _problem(answer)
        advice = _ADVICE.get(answer.status, "see the app's logs")
        advice = f"{problem.reason}; {advice}" if problem else advice
        if answer.location and not _is_success(answer):
            advice = f"it moved to {answer.location}; set SSPR_URL accordingly"
        elif _is_success(answer):
            advice = "but not with the operator API's JSON; is SSPR_URL the app's /api?"
        return Failure(Status.UNREACHABLE, f"{self._url} answered {answer.status}: {advice}")


def _with_query(path: str, parameters: Mapping[str, int | str]) -> str:
    return f"{path}?{urlencode(parameters)}" if parameters else path


def _is_success(answer: Answer) -> bool:
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def _is_none(answer: Answer) -> bool:
    return answer.status == HTTPStatus.NOT_FOUND and _problem(answer) is not None


def _problem(answer: Answer) -> Problem | None:
    try:
        return ErrorAnswer.model_validate_json(answer.body).error
    except ValidationError:
        return None
