"""What the worker foretells of resets, and what comes of them: a real domain decides."""

import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from uuid import UUID

import pytest
from ldap3.protocol.formatters.formatters import format_sid

from hybrid_worker.active_directory.connection import DirectoryConnection
from hybrid_worker.active_directory.sign_in import SignInMemory
from hybrid_worker.preflight import rights
from hybrid_worker.preflight.connector import find_connector
from hybrid_worker.preflight.security_descriptor import Kind, read_descriptor
from sandbox.domain_controller import domain
from shared.domain.person.preflight import Finding
from tests.support import preflight_ordeal
from tests.support.preflight_ordeal import Outcome, Rig, directory_settings
from tests.support.preflight_people import KINDS, crowd

_PEOPLE = 88
_KINDS_IN_THE_WAY = {
    "no-rights": Finding.NO_RESET_RIGHT,
    "inheritance-blocked": Finding.INHERITANCE_BLOCKED,
    "protected": Finding.ADMIN_PROTECTED,
    "denied": Finding.NO_RESET_RIGHT,
    "no-lockout": Finding.NO_LOCKOUT_RIGHT,
    "no-last-set": Finding.NO_PWDLASTSET_RIGHT,
    "disabled": Finding.DISABLED,
    "locked": Finding.LOCKED,
    "cannot-change": Finding.CANNOT_CHANGE_PASSWORD,
    "too-young": Finding.MINIMUM_AGE,
    "reserved-ou": Finding.OU_NAME,
    "twins": Finding.DUPLICATE_ANCHOR,
    "gone": Finding.NOT_FOUND,
}
_ORACLE = """
import base64, json, sys
from samba.dcerpc import security
from samba.ndr import ndr_pack
sid = security.dom_sid("S-1-5-21-1-2-3")
for text in json.load(sys.stdin):
    descriptor = security.descriptor.from_sddl(text, sid)
    aces = descriptor.dacl.aces if descriptor.dacl else []
    print(json.dumps({
        "packed": base64.b64encode(ndr_pack(descriptor)).decode(),
        "protected": bool(descriptor.type & security.SEC_DESC_DACL_PROTECTED),
        "aces": [
            [a.type, a.flags, a.access_mask & 0xFFFFFFFF, str(a.trustee),
             str(a.object.type) if a.type in (5, 6) and a.object.flags & 1 else None]
            for a in aces
        ],
    }))
"""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with preflight_ordeal.running(tmp_path_factory.mktemp("pf")) as rig:
        yield rig


@pytest.fixture(scope="module")
def outcome(rig: Rig) -> Outcome:
    """Everybody was looked at, and then has reset the password."""
    people = crowd(_PEOPLE, seed=7)
    assert {one.kind for one in people} == set(KINDS)
    rig.arrange(people)
    return Outcome(people, rig.foretell(people), rig.reset(people), 0.0)


def test_every_refusal_is_foretold_and_nothing_else(outcome: Outcome) -> None:
    """The domain, the sync's rights and the writeback decide; the worker has only looked."""
    assert [(one.kind, outcome.came[one.name]) for one in outcome.missed] == []
    assert [(one.kind, outcome.came[one.name]) for one in outcome.false_alarms] == []
    # Neither by refusing everybody nor by refusing nobody.
    assert _PEOPLE / 4 < outcome.refused < _PEOPLE * 3 / 4


def test_each_refusal_is_foretold_for_its_own_reason(outcome: Outcome) -> None:
    for one in outcome.people:
        if expected := _KINDS_IN_THE_WAY.get(one.kind):
            assert expected in outcome.foretold[one.name].findings, one
        elif one.kind != "random-permissions":
            assert outcome.came[one.name] == "ok", one


def test_of_a_domain_that_the_worker_may_read_nothing_is_unknown(outcome: Outcome) -> None:
    assert {word for one in outcome.foretold.values() for word in one.unknown} == set()


def sid_of(rig: Rig, dn: str) -> str:
    administrator = rig.controller.administrator()
    administrator.search(dn, "(objectClass=*)", attributes=["objectSid"])
    return str(format_sid(administrator.entries[0]["objectSid"].raw_values[0]))


def test_the_connector_is_found_by_name_and_by_sid_and_never_guessed(rig: Rig) -> None:
    settings = directory_settings(rig.controller)
    sign_in = SignInMemory(rig.state / "sign-in", settings.sign_in, lambda: pytest.fail("asked"))
    connection = DirectoryConnection(settings, sign_in)
    try:
        named = find_connector(connection, domain.CONNECTOR.name)
        assert named is not None
        own = sid_of(rig, domain.CONNECTOR.dn)
        principal = domain.CONNECTOR.principal.lower()
        for name in (f"CORP\\{domain.CONNECTOR.name}", principal, own):
            assert find_connector(connection, name) == named
        assert {"S-1-1-0", "S-1-5-11"} <= named.token
        # The domain has no account by one of Microsoft's names.
        assert find_connector(connection, None) is None
        assert find_connector(connection, "nobody-of-that-name") is None
    finally:
        connection.close()


def test_the_attributes_and_sets_that_rights_name_are_those_of_the_schema(rig: Rig) -> None:
    administrator = rig.controller.administrator()
    schema = f"CN=Schema,CN=Configuration,{domain.BASE}"
    expected = {
        "lockoutTime": rights.WRITE_LOCKOUT_TIME.names,
        "pwdLastSet": rights.WRITE_PWD_LAST_SET.names,
    }
    for name, names in expected.items():
        administrator.search(
            schema,
            f"(lDAPDisplayName={name})",
            attributes=["schemaIDGUID", "attributeSecurityGUID"],
        )
        shown = administrator.entries[0].entry_raw_attributes
        guids = [*shown["schemaIDGUID"], *shown.get("attributeSecurityGUID", ())]
        assert {UUID(bytes_le=one) for one in guids} == names


def test_descriptors_are_read_as_sambas_own_code_packs_them() -> None:
    """Samba's NDR is the oracle: entries of all kinds, with and without GUIDs."""
    guids = ("", "00299570-246d-11d0-a768-00aa006e0529", "bf967aba-0de6-11d0-a285-00aa003049e2")
    texts = [
        f"O:BAG:BAD:{flags}({kind};{inherit};{mask};{object_type};{inherited};{sid})(A;;GA;;;SY)"
        for flags in ("", "P", "PAI")
        for kind in ("OA", "OD", "A", "D")
        for inherit in ("", "CI", "CIIO", "CIIOID")
        for mask in ("CR", "WP", "RPWPCR", "GA", "0x1f01ff")
        for object_type in guids
        for inherited in guids
        for sid in ("WD", "PS", "AU", "S-1-5-21-9-8-7-1105")
        if (object_type == inherited == "") or kind in {"OA", "OD"}
    ]
    done = subprocess.run(
        ["/usr/bin/python3", "-c", _ORACLE],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(texts) > 1000
    for line in map(json.loads, lines):
        read = read_descriptor(b64decode(line["packed"]))
        assert read.protected == line["protected"]
        assert read.aces is not None
        assert [
            (one.kind, one.inherit_only, one.mask, one.sid, one.object_type) for one in read.aces
        ] == [
            (
                Kind.DENY if kind in (1, 6) else Kind.ALLOW,
                bool(flags & 8),
                mask,
                sid,
                UUID(guid) if guid else None,
            )
            for kind, flags, mask, sid, guid in line["aces"]
        ]


def test_the_command_that_does_it_at_length_says_how_to_call_it() -> None:
    command = [sys.executable, "-m", "tests.support.preflight_ordeal", "--help"]
    assert "--people" in subprocess.check_output(command, text=True)
