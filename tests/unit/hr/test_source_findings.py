"""What is wrong with the forms, proofs and answers of HR sources: told with its line."""

import pytest

from shared.hr.documents import findings

HEAD = "schema: sspr-rollout/hr-sources/1\nsources:\n  - name: m\n    kind: mapped\n"
TAIL = "    mapping: {employeeId: a, action: b}\n"
SIGNED = "    authentication: hmac\n    hmac:\n      secret: S\n      header: X\n"
BY_KEY = "    authentication: key\n"
BY_SECRET = "    authentication: secret\n"


def told(*lines: str) -> list[str]:
    return [str(one) for one in findings(HEAD + "".join(lines))]


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        *(
            (
                SIGNED + f'      signed: "{signed}"\n' + TAIL,
                "line 9: sources[0].hmac.signed",
                reason,
            )
            for signed, reason in [
                ("{request-body}{body}", "{request-body} stands for nothing"),
                ("{ body }{body}", "{ body } stands for nothing"),
                ("{0}{body}", "{0} stands for nothing"),
                ("{}{body}", "{} stands for nothing"),
                ("{headers:X-Id}{body}", "did you mean `header:NAME`?"),
                ("{header:}{body}", "{header:} stands for nothing"),
                ("{header:X Id}{body}", "{header:X Id} stands for nothing"),
                ("{timestmap}{body}", "did you mean `timestamp`?"),
                ("{Body}{body}", "{Body} stands for nothing"),
                ("{body}}", "a brace stands alone"),
                ("{body}.{timestamp}", "say in `timestampHeader` or in `parts`"),
            ]
        ),
        (SIGNED + "      parts: {signature: v1, timestamp: t}\n" + TAIL, "parts", "not signed"),
        (
            SIGNED
            + "      parts: {signature: v1, timestamp: t}\n      timestampHeader: T\n"
            + '      signed: "{timestamp}{body}"\n'
            + TAIL,
            "line 10: sources[0].hmac.timestampHeader",
            "in `parts` already",
        ),
        (
            SIGNED + "      address: https://a.test/x\n" + TAIL,
            "line 9: sources[0].hmac.address",
            "{url} is not signed",
        ),
        (SIGNED + "      algorithm: md5\n" + TAIL, "hmac.algorithm", "write sha256 or sha512"),
        (BY_SECRET + TAIL, "line 3: sources[0]", "say in `secret`"),
        (BY_SECRET + "    secret: {secret: S}\n" + TAIL, "secret", "`header` or in `field`"),
        (
            BY_SECRET + "    secret: {secret: S, header: X, field: a}\n" + TAIL,
            "secret",
            "`header` or in `field`",
        ),
        (
            BY_SECRET + "    secret: {secret: S, field: a, form: basic}\n" + TAIL,
            "secret.form",
            "only a header",
        ),
        (
            BY_SECRET + "    secret: {secret: S, header: X, form: basic, prefix: Basic}\n" + TAIL,
            "secret.prefix",
            "take this out",
        ),
        (BY_KEY + "    secret: {secret: S, header: X}\n" + TAIL, "secret", "take this out"),
        (BY_KEY + "    body: {delimiter: ;}\n" + TAIL, "body.delimiter", "only csv has it"),
        (BY_KEY + "    body: {format: csv, lists: [a]}\n" + TAIL, "body.lists", "only xml"),
        (BY_KEY + "    body: {charset: utf-16}\n" + TAIL, "body.charset", "form and csv"),
        (BY_KEY + "    body: {format: yaml}\n" + TAIL, "body.format", "json or base64-json"),
        (BY_KEY + '    body: {unwrap: [{at: "a..b"}]}\n' + TAIL, "unwrap[0].at", "Message"),
        (BY_KEY + "    answer: {status: 204}\n" + TAIL, "answer.status", "no body"),
        (BY_KEY + "    answer: {status: 302}\n" + TAIL, "answer.status", "200 or 201"),
        (BY_KEY + "    handshakes: [{}]\n" + TAIL, "handshakes[0]", "write one of header"),
        (
            BY_KEY + "    handshakes: [{header: A, query: b}]\n" + TAIL,
            "handshakes[0]",
            "write one of header",
        ),
        (
            BY_KEY + "    handshakes: [{ping: a, answer: b}]\n" + TAIL,
            "handshakes[0].answer",
            "take it out",
        ),
        (
            BY_KEY
            + "    mapping: {employeeId: a, action: b, actions: {Hire: onboard, hire: offboard}}\n",
            "mapping.actions.hire",
            "the same word as 'Hire'",
        ),
        (
            BY_KEY + "    mapping: {employeeId: a, action: b, dates: {format: DD/MM/YY}}\n",
            "dates.format",
            "such as DD.MM.YYYY",
        ),
        (
            BY_KEY + "    mapping: {employeeId: a, action: b, dates: {format: epoch-second}}\n",
            "dates.format",
            "did you mean `epoch-",
        ),
        (
            BY_KEY + "    mapping: {employeeId: a, action: b, dates: {format: DD/MM}}\n",
            "dates.format",
            "a year (YYYY)",
        ),
        (
            BY_KEY + "    mapping: {employeeId: a, action: b, dates: {format: DD/D/MM/YYYY}}\n",
            "dates.format",
            "twice",
        ),
        (
            BY_KEY + "    mapping: {employeeId: a, action: b, times: {zone: Mars}}\n",
            "times.zone",
            "IANA time zone",
        ),
        (BY_KEY + "    mapping: {employeeId: a, action: b, none: [0]}\n", "none[0]", "in quotes"),
        (
            BY_KEY + '    mapping: {employeeId: a, action: b, events: [a, "b["]}\n',
            "mapping.events[1]",
            "no JMESPath",
        ),
        (
            BY_KEY + '    mapping: {employeeId: a, action: b, events: "b["}\n',
            "mapping.events:",
            "no JMESPath",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line_its_field_and_what_to_write(
    text: str, where: str, reason: str
) -> None:
    found = told(text)
    assert [one for one in found if where in one and reason in one], found
    assert len(found) == 1


@pytest.mark.parametrize("key", ["body: {format: xml}", "answer: {status: 200}", "handshakes: []"])
def test_a_kind_with_a_protocol_of_its_own_has_none_of_these(key: str) -> None:
    text = HEAD.replace("mapped", "scim") + BY_KEY + f"    {key}\n"
    (found,) = map(str, findings(text))
    assert "scim has a protocol of its own" in found


DATED = "    mapping: {employeeId: a, effectiveDate: b}\n"


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("    mapping: {employeeId: a}\n", "6:14: sources[0].mapping", "nobody would join"),
        (
            "    joins: {hiredSince: 2026-01-01}\n    mapping: {employeeId: a, action: b}\n",
            "6:5: sources[0].joins",
            "mapping.effectiveDate",
        ),
        (
            "    mapping: {employeeId: a, effectiveDate: b, actions: {Hire: onboard}}\n",
            "mapping.actions",
            "say in `action`",
        ),
        ("    joins: {}\n" + DATED, "6:12: sources[0].joins", "hiredSince, startsWithin"),
        ("    joins: {hiredSince: 30}\n" + DATED, "hiredSince", "such as 30d"),
        ("    joins: {hiredSince: 2026-02-30}\n" + DATED, "hiredSince", "no calendar"),
        ("    joins: {startsWithin: 2y}\n" + DATED, "startsWithin", "such as 60d"),
        ("    joins: {startsWithin: 9999d}\n" + DATED, "startsWithin", "at most a year"),
        ("    most: 50\n" + DATED, "6:11: sources[0].most", "50 in 1h"),
        ("    most: 0 in 1h\n" + DATED, "most", "50 in 1h"),
        ("    mostLeaving: 99999 in 1h\n" + DATED, "mostLeaving", "at most 10,000"),
        ("    timeZone: Berlin\n" + DATED, "6:15: sources[0].timeZone", "`Europe/Berlin`"),
        (
            "    timeZones: {DE: Europe/Berlni}\n" + DATED,
            "6:21: sources[0].timeZones.DE",
            "`Europe/Berlin`",
        ),
        (
            "    timeZones: {de: Europe/Berlin, DE: Europe/Oslo}\n" + DATED,
            "timeZones.DE",
            "the same word as 'de'",
        ),
        (
            "    mapping: {employeeId: a, effectiveDate: b, country: c}\n",
            "mapping.country",
            "say in the source's `timeZones`",
        ),
        ("    employeeIds: {pad: 17}\n" + DATED, "employeeIds.pad", "16"),
        ("    employeeIds: {strip: 7}\n" + DATED, "employeeIds.strip", "list"),
        ('    employeeIds: {add: "("}\n' + DATED, "employeeIds.add", "such as E-"),
    ],
)
def test_what_a_record_means_is_checked_with_its_line_and_column(
    text: str, where: str, reason: str
) -> None:
    found = [str(one) for one in findings(HEAD + BY_KEY + text)]
    assert len(found) == 1, found
    assert reason in found[0]
    line, _, field = where.rpartition(": ")
    assert field in found[0]
    (one,) = findings(HEAD + BY_KEY + text)
    assert not line or line == f"{one.line}:{one.column}"


@pytest.mark.parametrize(
    ("kind", "key", "what"),
    [
        ("bamboohr", "joins: {hiredSince: 30d}", "days"),
        ("lifecycle-workflows", "timeZone: Europe/Berlin", "days"),
        ("lifecycle-workflows", "employeeIds: {pad: 7}", "employee ids"),
        ("event-grid", "most: 50 in 1h", "joining or leaving"),
    ],
)
def test_what_a_kind_s_messages_do_not_tell_is_not_said_of_it(
    kind: str, key: str, what: str
) -> None:
    (found,) = map(str, findings(HEAD.replace("mapped", kind) + BY_KEY + f"    {key}\n"))
    assert f"{kind} tells nothing of {what}; take it out" in found


def test_norway_is_a_country_and_no_truth() -> None:
    text = "    timeZones: {NO: Europe/Oslo, ON: America/Toronto}\n"
    assert findings(HEAD + BY_KEY + text + DATED) == ()
