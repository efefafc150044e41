"""`sspr hr`: a file of HR sources is checked, and a message tried, without the app."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from typer.testing import Result

from shared.hr.documents import json_schema
from tests.support.cli_api import sspr
from tests.support.repository import ROOT

EXAMPLES, PAYLOADS = ROOT / "docs/examples/hr", ROOT / "tests/events/hr"
VENDORS = PAYLOADS / "vendors"


def tried(file: str, source: str, payload: str, *more: str) -> list[str]:
    body = str(PAYLOADS / f"{payload}.json")
    return ["hr", "try", str(EXAMPLES / file), "--source", source, "--body", body, *more]


def test_a_good_file_has_no_findings_and_a_bad_one_tells_them_as_compilers_do() -> None:
    file = str(EXAMPLES / "deel.yaml")
    done = sspr(None, "hr", "check", file)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"{file}: no findings\n")
    done = sspr(None, "hr", "check", "-", stdin="schema: sspr-rollout/hr-sources/1\nsources: x\n")
    assert done.exit_code == 1
    assert done.stdout.startswith("-:2:10: sources: write a list")
    assert "1 finding" in done.stderr


def test_what_a_message_comes_to_is_shown_and_not_sent() -> None:
    done = sspr(None, *tried("workday.yaml", "workday", "workday"))
    assert done.exit_code == 0, done.stderr
    assert "joins" in done.stdout
    assert "4711" in done.stdout
    assert "2026-03-16" in done.stdout
    assert "[2].businessProcess" in done.stdout


def test_of_a_report_it_is_shown_who_joins_who_is_listed_and_where_the_day_begins() -> None:
    file = """
schema: sspr-rollout/hr-sources/1
sources:
  - name: report
    kind: mapped
    authentication: key
    timeZones: {NZ: Pacific/Auckland}
    mapping:
      events: Report_Entry
      employeeId: Employee_ID
      effectiveDate: Hire_Date
      country: Country
"""
    body = str(PAYLOADS / "meaning/report-of-everybody.json")
    asked = ["hr", "try", "-", "--source", "report", "--body", body, "--at", "2026-03-02T08:00:00Z"]
    done = sspr(None, *asked, stdin=file)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[:2] for line in lines[1:]] == [
        ["listed", "21001"],
        ["joins", "21002"],
        ["joins", "21003"],
        ["listed", "21004"],
    ]
    assert lines[2][2:6] == ["2026-03-16", "Pacific/Auckland", "2026-03-15", "11:00:00"]
    assert "(the rollout document's)" in done.stdout


def test_the_same_as_json() -> None:
    done = sspr(None, *tried("deel.yaml", "deel", "deel", "-o", "json"))
    (event,) = json.loads(done.stdout)["events"]
    assert event["data"]["userPrincipalName"] == "anna@contoso.test"
    assert event["source"] == "hr/deel"


def test_a_message_without_events_says_so() -> None:
    done = sspr(None, *tried("bamboohr.yaml", "bamboohr", "bamboohr-updated"))
    assert "no events" in done.stdout
    assert "data.changedFields" in done.stdout


@pytest.mark.parametrize(
    ("source", "payload", "status", "told"),
    [
        ("nobody", "deel", 2, "has no source nobody; there are deel"),
        ("deel", "personio", 1, "data.meta.event_type: is missing"),
    ],
)
def test_what_cannot_be_tried_says_why(source: str, payload: str, status: int, told: str) -> None:
    done = sspr(None, *tried("deel.yaml", source, payload))
    assert (done.exit_code, told in done.stderr) == (status, True), done.stderr


def test_a_message_is_not_tried_on_a_wrong_file() -> None:
    body = str(PAYLOADS / "deel.json")
    done = sspr(None, "hr", "try", "-", "--source", "deel", "--body", body, stdin="sources: []\n")
    assert done.exit_code == 1
    assert "-:1:1: schema: it is missing" in done.stderr


def test_the_schema_is_that_of_the_file() -> None:
    assert json.loads(sspr(None, "schema", "--of", "hr-sources").stdout) == json_schema()


# --- recorded requests ---------------------------------------------------------------------------

SECRET, AT = "a-good-deel-for-all", "2026-12-01T08:00:00Z"


def recorded(folder: Path, source: str, body: bytes, *, ends: str = "\r\n", **headers: str) -> str:
    file = folder / "request.http"
    lines = [f"POST /api/hooks/{source} HTTP/1.1", "Host: hr.contoso.test"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    file.write_bytes(ends.join([*lines, "", ""]).encode() + body)
    return str(file)


def secrets(folder: Path, text: str) -> str:
    file = folder / "secrets.env"
    file.write_text(text)
    return str(file)


def signed_deel() -> tuple[bytes, str]:
    body = (PAYLOADS / "deel.json").read_bytes()
    return body, hmac.new(SECRET.encode(), b"POST" + body, hashlib.sha256).hexdigest()


def trial(file: str, source: str, *more: str) -> Result:
    return sspr(None, "hr", "try", str(EXAMPLES / file), "--source", source, *more)


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
@pytest.mark.parametrize("name", ["DEEL", "SSPR_HR_SECRETS__DEEL"])
def test_the_proof_of_a_recorded_request_is_checked(tmp_path: Path, ends: str, name: str) -> None:
    body, signature = signed_deel()
    request = recorded(tmp_path, "deel", body, ends=ends, x_deel_signature=signature)
    known = secrets(tmp_path, f"# mine\n{name}={SECRET}\n")
    done = trial("deel.yaml", "deel", "--request", request, "--secrets", known, "--at", AT)
    assert done.exit_code == 0, done.stderr
    assert "the proof is good" in done.stderr
    assert "joins" in done.stdout


def test_a_proof_that_is_wrong_is_told_without_the_secret(tmp_path: Path) -> None:
    body, _ = signed_deel()
    known = secrets(tmp_path, f"DEEL={SECRET}")
    request = recorded(tmp_path, "deel", body, x_deel_signature="00" * 32)
    done = trial("deel.yaml", "deel", "--request", request, "--secrets", known)
    assert (done.exit_code, "the signature is not the body's" in done.stderr) == (1, True)
    assert SECRET not in done.stderr + done.stdout


def test_the_body_may_be_a_file_of_its_own_with_every_byte_as_it_came(tmp_path: Path) -> None:
    body, signature = signed_deel()
    request = recorded(tmp_path, "deel", b"", x_deel_signature=signature)
    file = str(PAYLOADS / "deel.json")
    known = secrets(tmp_path, f"DEEL={SECRET}")
    more = ("--request", request, "--body", file, "--secrets", known)
    assert "the proof is good" in trial("deel.yaml", "deel", *more).stderr
    assert body


def test_what_cannot_be_checked_here_says_so(tmp_path: Path) -> None:
    body, signature = signed_deel()
    request = recorded(tmp_path, "deel", body, x_deel_signature=signature)
    without = trial("deel.yaml", "deel", "--request", request)
    assert (without.exit_code, "DEEL is not among the --secrets" in without.stderr) == (0, True)
    sent = recorded(tmp_path, "workday", (PAYLOADS / "workday.json").read_bytes())
    assert "Entra's keys" in trial("workday.yaml", "workday", "--request", sent).stderr
    bare = sspr(None, *tried("deel.yaml", "deel", "deel"))
    assert "the proof was not checked" in bare.stderr


def test_a_secret_that_the_app_would_refuse_is_told(tmp_path: Path) -> None:
    body = (PAYLOADS / "deel.json").read_bytes()
    signature = hmac.new(b"short", b"POST" + body, hashlib.sha256).hexdigest()
    request = recorded(tmp_path, "deel", body, x_deel_signature=signature)
    known = secrets(tmp_path, "DEEL=short")
    done = trial("deel.yaml", "deel", "--request", request, "--secrets", known)
    assert "the app would not start: DEEL has fewer than 16 bytes" in done.stderr


def test_a_handshake_is_answered_as_the_app_would(tmp_path: Path) -> None:
    file = tmp_path / "okta.http"
    file.write_text("GET https://hr.test/api/hooks/okta\nX-Okta-Verification-Challenge: abc\n")
    done = trial("okta.yaml", "okta", "--request", str(file))
    assert (done.exit_code, 'answered: {"verification": "abc"}' in done.stdout) == (0, True)
    bare = trial("greenhouse.yaml", "greenhouse", "--body", str(VENDORS / "greenhouse-ping.json"))
    assert "a test, of which nothing comes" in bare.stdout


def test_of_a_report_the_bad_records_are_shown_beside_the_good_ones(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(
        json.dumps(
            {
                "Report_Entry": [
                    {"Employee_ID": "21001", "Event": "Hire", "Hire_Date": "2026-12-14"},
                    {"Employee_ID": "(&)", "Event": "Hire"},
                ]
            }
        )
    )
    done = trial("workday.yaml", "workday-report", "--body", str(file))
    assert done.exit_code == 1
    assert "21001" in done.stdout
    assert "Refused" in done.stdout
    as_json = trial("workday.yaml", "workday-report", "--body", str(file), "-o", "json")
    assert json.loads(as_json.stdout)["refused"][0]["field"].startswith("[1].")


@pytest.mark.parametrize(
    ("text", "more", "told"),
    [
        ("not a request", (), ":1: write POST and the address"),
        ("POST /api/hooks/deel\n\n{}", ("--at", "soon"), "--at soon: write a time such as"),
    ],
)
def test_what_is_no_request_says_so(
    tmp_path: Path, text: str, more: tuple[str, ...], told: str
) -> None:
    file = tmp_path / "request.http"
    file.write_text(text)
    done = trial("deel.yaml", "deel", "--request", str(file), *more)
    assert done.exit_code != 0
    assert told in done.stderr
    assert "name --body or --request" in trial("deel.yaml", "deel").stderr
