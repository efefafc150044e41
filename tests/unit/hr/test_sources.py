"""The file of HR sources: what is taken, what is wrong with it on which line, what it needs."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from shared.adapters.entra.signing_keys import SigningKeys
from shared.adapters.hr.sources import read_sources, senders_of
from shared.contracts.documents.hr_sources.vocabulary import HrSources
from shared.domain.errors import ConfigurationError
from shared.hr.documents import findings, json_schema, read
from shared.hr.registry import HR_KINDS
from tests.support.repository import ROOT

EXAMPLES = [*sorted((ROOT / "docs/examples/hr").glob("*.yaml")), ROOT / "sandbox/hr-sources.yaml"]
HEAD = "schema: sspr-rollout/hr-sources/1\nsources:\n"
SCIM = (
    "  - {name: scim, kind: scim, authentication: secret, secret: {secret: SCIM, form: bearer}}\n"
)
BAMBOO = "  - {name: bamboohr, kind: bamboohr, authentication: hmac, hmac: {secret: BAMBOOHR}}\n"
VALIDATOR = jsonschema_rs.Draft202012Validator(json_schema())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_taken_and_no_editor_underlines_anything(example: Path) -> None:
    text = example.read_text()
    assert findings(text) == ()
    VALIDATOR.validate(YAML(typ="safe", pure=True).load(text))


def test_there_is_an_example_of_every_kind_and_proof() -> None:
    shown = [source for path in EXAMPLES for source in read(path.read_text())]
    assert {source.kind for source in shown} == set(HR_KINDS)
    assert {source.authentication for source in shown} == {"key", "hmac", "secret", "entra"}


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("sources: []", "line 1: schema", "it is missing"),
        (HEAD, "line 2: sources", "no value"),
        (HEAD + BAMBOO + BAMBOO, "line 4: sources[1].name", "an earlier source"),
        (HEAD + BAMBOO.replace("bamboohr,", "Bamboo HR,", 1), "sources[0].name", "a to z"),
        (HEAD + BAMBOO.replace("kind: bamboohr", "kind: bamboo"), "sources[0].kind", "`bamboohr`"),
        (HEAD + SCIM.replace(": secret, s", ": key, s"), "sources[0].secret", "take this out"),
        (HEAD + SCIM.replace(", form: bearer", ""), "sources[0].secret", "say in `header`"),
        (HEAD + BAMBOO.replace("{secret: BAMBOOHR}", "{}"), "sources[0].hmac.secret", "is missing"),
        (HEAD + BAMBOO.replace(": BAMBOOHR", ": a__b"), "sources[0].hmac.secret", "single _"),
        (HEAD + BAMBOO.replace(": hmac,", ": key,"), "sources[0].hmac", "take this out"),
        (HEAD + SCIM.replace("kind: scim", "kind: bamboohr"), "authentication", "hmac or key"),
        (HEAD + BAMBOO.replace(": hmac,", ": entra,"), "sources[0].authentication", "hmac or key"),
        (
            HEAD + "  - {name: e, kind: event-grid, authentication: entra}",
            "line 3: sources[0]",
            "say in `entra`",
        ),
        (
            HEAD + "  - {name: e, kind: event-grid, authentication: entra, entra: "
            "{applications: [grid]}}",
            "sources[0].entra.applications[0]",
            "application (client) id",
        ),
        (
            HEAD + "  - {name: m, kind: mapped, authentication: key}",
            "line 3: sources[0]",
            "`mapping`",
        ),
        (
            HEAD
            + "  - {name: m, kind: scim, authentication: key, mapping: {employeeId: a, action: b}}",
            "sources[0].mapping",
            "only mapped",
        ),
        (
            HEAD + "  - {name: m, kind: mapped, authentication: key, mapping: {employeeId: a[}}",
            "line 3",
            "YAML",
        ),
        (
            HEAD + "  - {name: m, kind: mapped, authentication: key, "
            'mapping: {action: b, employeeId: "a["}}',
            "sources[0].mapping.employeeId",
            "no JMESPath",
        ),
        (
            HEAD + "  - {name: m, kind: mapped, authentication: key, mapping: {when: a}}",
            "sources[0].mapping",
            "who it is about",
        ),
        (
            HEAD + "  - {name: m, kind: mapped, authentication: hmac, hmac: {secret: S}, mapping: "
            "{employeeId: a, action: b}}",
            "sources[0].hmac",
            "which header",
        ),
        (
            HEAD + "  - {name: m, kind: mapped, authentication: hmac, hmac: {secret: S, header: X, "
            "timestampHeader: Y}, mapping: {employeeId: a, action: b}}",
            "sources[0].hmac.timestampHeader",
            "not signed",
        ),
        (
            HEAD + "  - {name: m, kind: mapped, authentication: hmac, hmac: {secret: S, header: X, "
            'signed: "{timestamp}"}, mapping: {employeeId: a, action: b}}',
            "sources[0].hmac.signed",
            "{body} is missing",
        ),
        (
            HEAD + "  - {name: m, kind: mapped, authentication: hmac, hmac: {secret: S, header: X, "
            'signed: "{uri}{body}"}, mapping: {employeeId: a, action: b}}',
            "sources[0].hmac.signed",
            "{uri} stands for nothing",
        ),
        (
            HEAD + "  - {name: m, kind: mapped, authentication: hmac, hmac: {secret: S, header: X, "
            'signed: "{body}.{body}"}, mapping: {employeeId: a, action: b}}',
            "sources[0].hmac.signed",
            "{body} once",
        ),
        (
            HEAD + BAMBOO.replace("{secret: BAMBOOHR}", '{secret: S, signed: "{body}"}'),
            "sources[0].hmac.signed",
            "{timestamp} is missing",
        ),
        (
            HEAD + BAMBOO.replace("{secret: BAMBOOHR}", '{secret: S, signed: "{timestamp}"}'),
            "sources[0].hmac.signed",
            "{body} is missing",
        ),
        (
            HEAD
            + BAMBOO.replace(
                "{secret: BAMBOOHR}", '{secret: S, signed: "{body}", timestampHeader: T}'
            ),
            "sources[0].hmac.timestampHeader",
            "not signed",
        ),
        (
            HEAD + "  - {name: m, kind: mapped, authentication: key, "
            "mapping: {employeeId: a, action: b, actions: {new: hire}}}",
            "sources[0].mapping.actions.new",
            "onboard or offboard",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line_its_field_and_what_to_write(
    text: str, where: str, reason: str
) -> None:
    told = [str(one) for one in findings(text)]
    assert [one for one in told if where in one and reason in one], told


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("lower(mail)", "no function lower()"),
        ("people[?starts_with(lower(kind), 'h')].id", "no function lower()"),
        ("{id: join('/', [a, today()])}.id", "no function today()"),
        ("join('/')", "give join() 2 arguments, not 1"),
        ("length(a, b)", "give length() 1 argument, not 2"),
        ("not_null()", "not_null() at least 1"),
        ("people[::0].id", "steps of 0"),
        ("!" * 499 + "a", "too deep"),
    ],
)
def test_an_expression_that_no_message_could_be_evaluated_by_is_told_before_one_comes(
    expression: str, reason: str
) -> None:
    written = json.dumps(expression)
    mapping = f"{{action: b, employeeId: {written}}}"
    source = f"  - {{name: m, kind: mapped, authentication: key, mapping: {mapping}}}"
    (told,) = findings(HEAD + source)
    assert (told.field, reason in told.reason) == ("sources[0].mapping.employeeId", True), told


def test_an_app_without_the_file_has_no_sources(tmp_path: Path) -> None:
    assert read_sources(None, read) == []
    with pytest.raises(ConfigurationError, match=r"SSPR_HR_SOURCES_FILE: .*No such file"):
        read_sources(tmp_path / "missing.yaml", read)


def test_a_wrong_file_stops_the_start_with_every_line(tmp_path: Path) -> None:
    file = tmp_path / "hr.yaml"
    file.write_text(HEAD + BAMBOO.replace("hmac: {secret: BAMBOOHR}", "match: upn"))
    with pytest.raises(ConfigurationError) as raised:
        read_sources(file, read)
    told = str(raised.value)
    assert "line 3: sources[0]: say in `hmac`" in told
    assert "line 3: sources[0].match" in told


def test_a_source_whose_setting_is_missing_stops_the_start_with_its_name() -> None:
    everything = EXAMPLES[-1].read_text()
    with pytest.raises(ConfigurationError) as raised:
        senders_of(
            read(everything),
            secrets={"bamboohr": "", "other": "x"},
            tokens=None,
            without_tokens=["SSPR_ENTRA_TENANT_ID"],
        )
    assert [line.strip() for line in str(raised.value).splitlines()[1:]] == [
        "HR source bamboohr: set SSPR_HR_SECRETS__BAMBOOHR",
        "HR source arrivals: set SSPR_ENTRA_TENANT_ID",
        "HR source joiners: set SSPR_ENTRA_TENANT_ID",
        "HR source report: set SSPR_HR_SECRETS__REPORT",
        "HR source deel: set SSPR_HR_SECRETS__DEEL",
    ]


@pytest.mark.parametrize("secret", [{}, {"scim": ""}, {"scim": "fifteen-bytes.."}])
def test_a_bearer_secret_that_can_be_guessed_stops_the_start(secret: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        senders_of(
            read(HEAD + SCIM),
            secrets=secret,
            tokens=None,
        )
    assert "HR source scim: " in str(raised.value)
    assert "SSPR_HR_SECRETS__SCIM" in str(raised.value)
    assert "fifteen" not in str(raised.value)


def test_the_keys_of_entra_are_never_fetched_in_the_clear() -> None:
    with pytest.raises(ConfigurationError, match="SSPR_ENTRA_AUTHORITY"):
        SigningKeys(authority="http://login.test", tenant_id="t")


def test_secrets_are_not_shown() -> None:
    senders = senders_of(
        read(HEAD + BAMBOO),
        secrets={"BAMBOOHR": "s3cret-of-enough-bytes"},
        tokens=None,
    )
    assert "s3cret" not in repr(senders)


def test_every_word_of_the_file_has_a_title_of_its_model() -> None:
    assert json_schema()["title"] == HrSources.__name__
