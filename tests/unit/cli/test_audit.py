"""audit export and audit verify against a real HTTP server."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.api.audit_views import AuditEnds, AuditEndView, AuditPage, AuditRecordView
from shared.domain.audit import AuditRecord, chained
from tests.support.cli_api import Api, serving, sspr
from tests.support.cli_samples import as_json

ENROLLED = {
    "changes": [
        {
            "key": "id-1",
            "objectId": "id-1",
            "from": None,
            "to": "requested",
            "reason": "in-wave",
            "detail": "",
            "cause": {"kind": "wave", "reference": "=five"},
        },
        {"key": "id-2", "from": "waiting", "to": "failed", "reason": "=cmd|'x'", "detail": "\x1b"},
    ]
}
PAUSED = {"action": "pause", "reason": "Jürgen said so", "from": "soaking", "to": "paused"}

NUMBERS = '{"partition": "00", "number": 4, "previous": "", "digest": "", "content": 7}'

type Chains = dict[str, list[AuditRecord]]


def chain(partition: str, *contents: dict[str, Any]) -> list[AuditRecord]:
    records: list[AuditRecord] = []
    for number, content in enumerate(contents, start=1):
        previous = records[-1].digest if records else ""
        first = {"partition": partition, "number": number, "at": "2026-03-02", "actor": "kim"}
        text = json.dumps({**first, **content}, ensure_ascii=False)
        records.append(
            AuditRecord(
                partition=partition,
                number=number,
                previous=previous,
                digest=chained(previous, text),
                content=text,
            )
        )
    return records


@pytest.fixture
def chains() -> Chains:
    return {
        "00": chain("00", ENROLLED, ENROLLED, ENROLLED),
        "01": [],
        "rollout": chain("rollout", PAUSED),
    }


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        yield server


def fields(record: AuditRecord) -> dict[str, Any]:
    view = AuditRecordView(
        partition=record.partition,
        number=record.number,
        previous=record.previous,
        digest=record.digest,
        content=record.content,
    )
    return as_json(view)


def keeps(api: Api, chains: Chains, *, through: dict[str, int] | None = None) -> None:
    """The app keeps these chains, two records a page; they end where `through` says."""
    ends = []
    for partition, records in chains.items():
        number = (through or {}).get(partition, len(records))
        digest = records[number - 1].digest if number else ""
        ends.append(AuditEndView(partition=partition, number=number, digest=digest))
        for after in range(len(records) + 1):
            views = tuple(AuditRecordView(**fields(one)) for one in records[after : after + 2])
            page = as_json(AuditPage(records=views))
            api.answer(f"audit/{partition}?after={after}", (200, page))
    api.answer("audit", (200, as_json(AuditEnds(partitions=tuple(ends)))))


def exported(api: Api, tmp_path: Path) -> Path:
    file = tmp_path / "audit.jsonl"
    assert sspr(api, "audit", "export", "--out", str(file)).exit_code == 0
    return file


# --- export ---


def test_an_export_has_every_record_as_it_is_chained_a_line_each(api: Api, chains: Chains) -> None:
    keeps(api, chains)
    done = sspr(api, "audit", "export")
    assert done.exit_code == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines == [fields(one) for records in chains.values() for one in records]
    assert done.stderr == "4 lines written\n"


def test_records_that_come_while_the_export_runs_are_left_for_the_next_one(
    api: Api, chains: Chains
) -> None:
    keeps(api, chains, through={"00": 1})
    lines = sspr(api, "audit", "export").stdout.splitlines()
    assert [json.loads(line)["number"] for line in lines] == [1, 1]


def test_a_csv_has_a_row_for_each_change_and_nothing_that_a_spreadsheet_would_run(
    api: Api, chains: Chains
) -> None:
    keeps(api, {"00": chains["00"][:1], "rollout": chains["rollout"]})
    done = sspr(api, "audit", "export", "--format", "csv")
    header, *rows = csv.reader(io.StringIO(done.stdout))
    first, second, third = (dict(zip(header, row, strict=True)) for row in rows)
    assert (first["partition"], first["number"], first["actor"]) == ("00", "1", "kim")
    assert (first["key"], first["from"], first["to"]) == ("id-1", "", "requested")
    assert json.loads(first["more"]) == {"cause": {"kind": "wave", "reference": "=five"}}
    assert first["digest"] == chains["00"][0].digest
    assert second["reason"] == "'=cmd|'x'"
    assert second["detail"] == r"\x1b"
    assert (third["action"], third["reason"]) == ("pause", "Jürgen said so")
    assert done.stderr == "3 lines written\n"


@pytest.mark.parametrize(
    "content", ["no JSON", "[]", '"text"', '{"changes": 7}', '{"changes": [7]}']
)
def test_a_record_that_is_no_longer_what_it_was_is_in_the_csv_all_the_same(
    api: Api, chains: Chains, content: str
) -> None:
    keeps(api, {"rollout": [replace(chains["rollout"][0], content=content)]})
    done = sspr(api, "audit", "export", "--format", "csv")
    assert done.exit_code == 0
    header, row = csv.reader(io.StringIO(done.stdout))
    found = dict(zip(header, row, strict=True))
    assert found["partition"] == "rollout"
    assert json.loads(found["more"]) == {"": content}


def test_an_export_that_breaks_off_leaves_no_file(api: Api, chains: Chains, tmp_path: Path) -> None:
    keeps(api, chains)
    api.answer("audit/rollout", (500, None))
    api.answers.pop("audit/rollout?after=0")
    done = sspr(api, "audit", "export", "--out", str(tmp_path / "audit.jsonl"))
    assert done.exit_code == 4
    assert list(tmp_path.iterdir()) == []


def test_a_chain_that_does_not_go_on_ends_the_export(api: Api, chains: Chains) -> None:
    keeps(api, chains)
    stuck = as_json(AuditPage(records=(AuditRecordView(**fields(chains["00"][0])),)))
    api.answer("audit/00?after=1", (200, stuck))
    api.answer("audit/00?after=0", (200, stuck))
    assert sspr(api, "audit", "export").exit_code == 0


# --- verify ---


def test_an_audit_that_nobody_touched_is_unbroken(api: Api, chains: Chains) -> None:
    keeps(api, chains)
    done = sspr(api, "audit", "verify")
    assert done.exit_code == 0
    assert done.stderr == "0 broken chains of 2, 4 records\n"
    assert chains["00"][-1].digest in done.stdout
    found = json.loads(sspr(api, "audit", "verify", "-o", "json").stdout)["partitions"]
    assert [one["problem"] for one in found] == [None, None]


def test_records_that_come_while_it_is_verified_do_not_break_a_chain(
    api: Api, chains: Chains
) -> None:
    keeps(api, chains, through={"00": 2})
    assert sspr(api, "audit", "verify").exit_code == 0


def changed(records: list[AuditRecord]) -> list[AuditRecord]:
    return [replace(records[0], content=records[0].content.replace("id-2", "id-3")), *records[1:]]


def cut_short(records: list[AuditRecord]) -> list[AuditRecord]:
    return records[:-1]


def without_one(records: list[AuditRecord]) -> list[AuditRecord]:
    return [records[0], *records[2:]]


@pytest.mark.parametrize(
    ("touched", "problem"),
    [
        (changed, "00: record 1 has been changed"),
        (without_one, "00: record 2 is missing"),
        (cut_short, "00: ends at record 2, not at 3 as the ledger says"),
    ],
)
def test_a_broken_chain_is_status_1_and_says_where(
    api: Api, chains: Chains, touched: Any, problem: str
) -> None:
    keeps(api, chains)
    whole = api.answers["audit"][0]
    keeps(api, chains | {"00": touched(chains["00"])})
    api.answer("audit", whole)
    done = sspr(api, "audit", "verify")
    assert done.exit_code == 1
    assert done.stderr == f"1 broken chain of 2, 4 records\n{problem}\n"
    assert problem in done.stdout


def test_an_export_is_verified_without_the_app(api: Api, chains: Chains, tmp_path: Path) -> None:
    keeps(api, chains)
    file = exported(api, tmp_path)
    done = sspr(None, "audit", "verify", "--file", str(file))
    assert done.exit_code == 0
    assert done.stderr == "0 broken chains of 2, 4 records\n"


def test_an_export_with_a_changed_or_missing_line_is_broken(
    api: Api, chains: Chains, tmp_path: Path
) -> None:
    keeps(api, chains)
    file = exported(api, tmp_path)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines).replace("requested", "registered", 1))
    done = sspr(None, "audit", "verify", "--file", str(file))
    assert done.exit_code == 1
    assert done.stderr.endswith("00: record 1 has been changed\n")
    file.write_text("".join([lines[0], *lines[2:]]))
    done = sspr(None, "audit", "verify", "--file", str(file), "-o", "json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)["partitions"]
    assert [one["problem"] for one in found] == ["00: record 2 is missing", None]


@pytest.mark.parametrize("line", ["partition,number", '{"partition": "00"}', NUMBERS, "[]", "7"])
def test_a_file_that_is_no_export_is_status_2_and_names_the_line(
    api: Api, chains: Chains, tmp_path: Path, line: str
) -> None:
    keeps(api, chains)
    file = exported(api, tmp_path)
    with file.open("a") as export:
        export.write(f"{line}\n")
    done = sspr(None, "audit", "verify", "--file", str(file))
    assert done.exit_code == 2
    assert done.stderr == f"{file}:5: not an audit record; export with --format jsonl\n"


def test_a_file_that_is_not_there_is_status_2(tmp_path: Path) -> None:
    done = sspr(None, "audit", "verify", "--file", str(tmp_path / "none.jsonl"))
    assert done.exit_code == 2
    assert "cannot be read: No such file or directory" in done.stderr
