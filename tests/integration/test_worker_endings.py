"""What will end is seen: certificates as servers really show them, and what AD says of an account.

The sandbox's domain has no maximum password age, so the tests give the domain one for a while.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ldap3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from hybrid_worker.active_directory.directory import ActiveDirectory
from hybrid_worker.endings.account import of_account
from hybrid_worker.endings.certificates import of_file, of_server
from hybrid_worker.settings import Place
from sandbox.domain_controller import domain
from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.ldap_stub import Answers, answering
from sandbox.testing.waiting import PATIENCE, wait_until
from shared.contracts.messages.ending_report import EndingReport, Endless
from tests.support.authority import HOST, Authority
from tests.support.worker_process import (
    NO_SYNC,
    OFTEN,
    directory_environment,
    directory_settings,
    running_rig,
    sign_in,
)

DAY = timedelta(days=1)
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def an_authority() -> Authority:
    return Authority.made(ec.generate_private_key(ec.SECP256R1()), strict=True)


def pem(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


@contextmanager
def changed(controller: Controller, dn: str, **attributes: int) -> Iterator[None]:
    """The directory with these values, and afterwards as it was."""
    administrator = controller.administrator()
    administrator.search(dn, "(objectClass=*)", ldap3.BASE, attributes=list(attributes))
    before = {name: administrator.entries[0][name].raw_values[0] for name in attributes}

    def put(values: dict[str, bytes]) -> None:
        changes = {name: [(ldap3.MODIFY_REPLACE, [value])] for name, value in values.items()}
        assert administrator.modify(dn, changes), administrator.result

    put({name: str(value).encode() for name, value in attributes.items()})
    try:
        yield
    finally:
        put(before)


def worker_account(controller: Controller) -> str:
    administrator = controller.administrator()
    administrator.search(domain.BASE, f"(sAMAccountName={domain.WORKER.name})")
    return str(administrator.entries[0].entry_dn)


def seen(controller: Controller, *, has_keytab: bool = False) -> dict[str, EndingReport]:
    settings = directory_settings(controller)
    directory = ActiveDirectory(settings, sign_in(settings))
    try:
        found = of_account(directory.own_account(), has_keytab=has_keytab)
        return {one.what: one for one in found}
    finally:
        directory.close()


def test_a_password_that_never_ends_is_said_to_be_so(controller: Controller) -> None:
    found = seen(controller)
    assert found.keys() == {"directory-password"}
    assert found["directory-password"].why == Endless.NEVER


def test_a_password_ends_by_what_ad_computes_and_an_account_by_its_own_day(
    controller: Controller,
) -> None:
    """Given a maximum age of the domain, and an account for a project."""
    in_ten_days = (datetime.now(UTC) + 10 * DAY - _EPOCH) // timedelta(microseconds=1) * 10
    normal_account = 512
    account = worker_account(controller)
    with (
        changed(controller, domain.BASE, maxPwdAge=-42 * 86_400 * 10_000_000),
        changed(controller, account, accountExpires=in_ten_days, userAccountControl=normal_account),
    ):
        found = seen(controller)
    password, own = found["directory-password"], found["directory-account"]
    assert password.ends_at
    assert own.ends_at
    assert 41 * DAY < password.ends_at - datetime.now(UTC) <= 42 * DAY
    assert 9 * DAY < own.ends_at - datetime.now(UTC) <= 10 * DAY
    assert password.of == own.of
    assert password.of.startswith("S-1-5-21-")


def test_the_end_of_a_server_s_certificate_is_told_and_of_one_that_is_not_trusted_why_not(
    tmp_path: Path,
) -> None:
    files = an_authority().server(tmp_path)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    other = an_authority().server(stranger)
    with answering(files, Answers()) as port:
        place = Place(HOST, "127.0.0.1", port)
        found = of_server("directory-certificate", place, files.authority, PATIENCE)
        untrusted = of_server("directory-certificate", place, other.authority, PATIENCE)
    assert found.ends_at == pem(files.certificate).not_valid_after_utc
    assert (untrusted.ends_at, untrusted.why) == (None, Endless.UNKNOWN)
    assert "unable to get local issuer" in (untrusted.detail or "")


def test_of_a_certificate_that_is_over_it_is_told_when_it_ended(tmp_path: Path) -> None:
    """Whoever renews it looks for the day, and not for an error of TLS."""
    files = an_authority().server(tmp_path, ends_in=-2 * DAY)
    with answering(files, Answers()) as port:
        place = Place(HOST, "127.0.0.1", port)
        found = of_server("directory-certificate", place, files.authority, PATIENCE)
    assert found.ends_at == pem(files.certificate).not_valid_after_utc
    assert found.ends_at < datetime.now(UTC)


def test_of_a_certificate_with_an_end_that_nobody_can_have_meant_nothing_is_known(
    tmp_path: Path,
) -> None:
    """It costs its own end and no other's: all of them are told together."""
    long_ago = datetime(1999, 1, 1, tzinfo=UTC) - datetime.now(UTC)
    files = an_authority().server(tmp_path, ends_in=long_ago)
    with answering(files, Answers()) as port:
        found = of_server("directory-certificate", Place(HOST, "127.0.0.1", port), None, PATIENCE)
    assert (found.ends_at, found.why) == (None, Endless.UNKNOWN)


def test_a_server_that_is_away_and_a_file_that_is_none_are_not_known(tmp_path: Path) -> None:
    away = of_server("directory-certificate", Place(HOST, "127.0.0.1", 9), None, 5)
    (tmp_path / "empty.pem").write_bytes(b"")
    empty = of_file("service-bus-certificate", "client", tmp_path / "empty.pem")
    assert {away.why, empty.why} == {Endless.UNKNOWN}
    assert away.detail
    assert empty.detail


@pytest.mark.parametrize("kind", ["pem", "pkcs12"])
def test_the_end_of_the_credential_is_read_from_either_kind_of_file(
    tmp_path: Path, kind: str
) -> None:
    files = an_authority().server(tmp_path)
    key = files.key.read_bytes()
    file = tmp_path / "credential"
    if kind == "pem":
        file.write_bytes(key + files.certificate.read_bytes())
    else:
        private = serialization.load_pem_private_key(key, None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        certificate = pem(files.certificate)
        content = pkcs12.serialize_key_and_certificates(
            b"worker", private, certificate, None, serialization.NoEncryption()
        )
        file.write_bytes(content)
    found = of_file("service-bus-certificate", "client", file)
    assert found.ends_at == pem(files.certificate).not_valid_after_utc


def test_a_worker_s_sign_of_life_tells_what_ends(controller: Controller, tmp_path: Path) -> None:
    """Given the worker as it is installed, beside a controller with a certificate of a year."""
    environment = directory_environment(controller, "kerberos") | NO_SYNC
    with (
        running_rig(tmp_path / "bus", controller, environment) as rig,
        rig.worker(tmp_path / "state", **OFTEN),
    ):
        wait_until(lambda: len((rig.reports() or [rig.reported()])[-1].endings or ()) > 1)
        found = {one.what: one for one in rig.reports()[-1].endings or ()}
    certificate = found["directory-certificate"]
    assert certificate.of == controller.ready["host"]
    assert certificate.ends_at == pem(_certificate_of(controller)).not_valid_after_utc
    assert found["directory-password"].why == Endless.NEVER


def _certificate_of(controller: Controller) -> Path:
    """The file that Samba shows over LDAPS: beside the authority, with another name."""
    folder = Path(controller.ready["authority"]).parent
    (file,) = [one for one in folder.glob("*.pem") if one.name != "ca.pem"]
    return file
