"""The worker's settings: what is refused, and that the message says what to do."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hybrid_worker.settings import PREFIX, load_settings
from shared.domain.errors import ConfigurationError
from tests.support.repository import ROOT
from tests.support.worker_settings import write


@pytest.fixture
def good(tmp_path: Path) -> dict[str, str]:
    return {
        "STATE_DIRECTORY": str(tmp_path / "state"),
        "SERVICE_BUS_NAMESPACE": "contoso.servicebus.windows.net",
        "DIRECTORY_SERVER": "dc1.corp.contoso.com",
        "DIRECTORY_DOMAIN": "corp.contoso.com",
        "DIRECTORY_SCOPE_GROUP": "SSPR-Enabled-Users",
        "SYNC_HOST": "connect.corp.contoso.com",
    }


def complaint(folder: Path, values: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(write(folder, values))
    return str(refused.value)


def test_the_safe_ways_are_the_default(good: dict[str, str], tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, good))
    assert (settings.directory.bind, settings.directory.port) == ("kerberos", 636)
    assert (settings.service_bus.transport, settings.sync.mode) == ("websockets", "connect")
    assert settings.sync.through == "psrp"
    assert settings.directory.base == "DC=corp,DC=contoso,DC=com"


def test_the_environment_wins_over_the_file(
    good: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}SYNC_HOST", "other.corp.contoso.com")
    assert load_settings(write(tmp_path, good)).sync.host == "other.corp.contoso.com"


def test_a_sign_of_life_is_sent_where_nobody_asked_for_one(
    good: dict[str, str], tmp_path: Path
) -> None:
    assert load_settings(write(tmp_path, good)).process.report_every == 60
    assert load_settings(write(tmp_path, good | {"REPORT_EVERY": ""})).process.report_every == 60


def test_an_empty_value_is_as_good_as_none(good: dict[str, str], tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, good | {"NAME": "", "SYNC_USER": ""}))
    assert settings.process.name
    assert settings.sync.user is None


def test_everything_that_is_missing_is_named_at_once_with_what_to_give(tmp_path: Path) -> None:
    lines = complaint(tmp_path, {}).splitlines()
    assert "SSPR_WORKER_DIRECTORY_SCOPE_GROUP: is missing. Give the sAMAccountName" in str(lines)
    for name in ("STATE_DIRECTORY", "DIRECTORY_SERVER", "DIRECTORY_DOMAIN"):
        assert any(line.startswith(f"{PREFIX}{name}: is missing. Give ") for line in lines), name
    assert any(f"give {PREFIX}SERVICE_BUS_NAMESPACE" in line for line in lines)
    assert any(f"needs {PREFIX}SYNC_HOST" in line for line in lines)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"DIRECTORY_BIND": "ntlm"}, "SSPR_WORKER_DIRECTORY_BIND: ntlm is refused"),
        ({"DIRECTORY_PORT": "389"}, "SSPR_WORKER_DIRECTORY_PORT: 389 is plain LDAP"),
        ({"DIRECTORY_PORT": "3268"}, "SSPR_WORKER_DIRECTORY_PORT: 3268 is the global"),
        ({"DIRECTORY_PORT": "3269"}, "SSPR_WORKER_DIRECTORY_PORT: 3269 is the global"),
        ({"DIRECTORY_SERVER": "ldap://dc1"}, "SSPR_WORKER_DIRECTORY_SERVER: only the DNS name"),
        ({"DIRECTORY_BIND": "simple"}, "needs SSPR_WORKER_DIRECTORY_USER"),
        ({"DIRECTORY_PASSWORD": "x"}, "takes no user and no password"),
        ({"SERVICE_BUS_CONNECTION_STRING": "Endpoint=sb://x/"}, "and not both"),
        ({"SERVICE_BUS_TENANT_ID": "x"}, "needs all of SSPR_WORKER_SERVICE_BUS_TENANT_ID"),
        (
            {"SERVICE_BUS_PROXY_HOST": "proxy", "SERVICE_BUS_TRANSPORT": "amqp"},
            "set SSPR_WORKER_SERVICE_BUS_TRANSPORT=websockets",
        ),
        (
            {
                "SERVICE_BUS_NAMESPACE": "",
                "SERVICE_BUS_CONNECTION_STRING": "Endpoint=sb://x;UseDevelopmentEmulator=true;",
            },
            "set SSPR_WORKER_SERVICE_BUS_TRANSPORT=amqp",
        ),
        ({"SYNC_USER": "x"}, "SSPR_WORKER_SYNC_USER goes with one of"),
        ({"SYNC_AUTH": "basic"}, "SSPR_WORKER_SYNC_AUTH=basic needs SSPR_WORKER_SYNC_USER"),
        ({"SYNC_MODE": "subprocess", "SYNC_POWERSHELL": "/no/such"}, "SYNC_POWERSHELL: there is"),
        (
            {"SYNC_MODE": "psrp", "SYNC_THROUGH": "subprocess"},
            "SSPR_WORKER_SYNC_MODE=psrp means connect through psrp, and SSPR_WORKER_SYNC_THROUGH",
        ),
        (
            {"SYNC_PROVISION_ON_DEMAND": "true"},
            "SSPR_WORKER_SYNC_PROVISION_ON_DEMAND is for SSPR_WORKER_SYNC_MODE=cloud",
        ),
        ({"SYNC_MODE": "dirsync"}, "SSPR_WORKER_SYNC_MODE: Input should be 'connect', 'cloud'"),
        ({"SYNC_HSOT": "x"}, "SSPR_WORKER_SYNC_HSOT: there is no such setting"),
        ({"REPORT_EVERY": "0"}, "SSPR_WORKER_REPORT_EVERY: Input should be greater than or equal"),
        ({"REPORT_EVERY": "3600"}, "REPORT_EVERY: Input should be less than or equal to 600"),
        ({"NAME": "x" * 201}, "SSPR_WORKER_NAME: String should have at most 200 characters"),
        ({"BATCH": "many"}, "SSPR_WORKER_BATCH: Input should be a valid integer"),
        ({"STATE_DIRECTORY": "/proc/nowhere"}, "STATE_DIRECTORY: the folder cannot be made"),
        ({"DIRECTORY_CA_FILE": "/no/such"}, "SSPR_WORKER_DIRECTORY_CA_FILE: Path does not point"),
    ],
)
def test_what_is_wrong_or_contradictory_is_refused_by_name(
    good: dict[str, str], tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    assert reason in complaint(tmp_path, good | changes)


@pytest.mark.parametrize("group", ["CN=${HOME},DC=corp", "${NOTHING:-x}", "$HOME"])
def test_a_value_is_what_is_written_and_stands_for_nothing_else(
    good: dict[str, str], tmp_path: Path, group: str
) -> None:
    settings = load_settings(write(tmp_path, good | {"DIRECTORY_SCOPE_GROUP": group}))
    assert settings.directory.scope_group == group


def test_a_line_that_cannot_be_read_is_named_and_not_passed_over(
    good: dict[str, str], tmp_path: Path
) -> None:
    """Or a default would be in force without a word: here, a file of authorities."""
    said = complaint(tmp_path, good | {"SYNC_CA_FILE": "'O'Brien.pem'"})
    assert f"{tmp_path / 'worker.env'}, line 7: cannot be read. Put the value in single" in said


def test_a_file_of_notepad_is_read_or_refused_for_its_encoding(
    good: dict[str, str], tmp_path: Path
) -> None:
    file = write(tmp_path, good | {"DIRECTORY_SCOPE_GROUP": "Zürich"})
    text = file.read_text("utf-8")
    file.write_text(text, "utf-8-sig")
    assert load_settings(file).directory.scope_group == "Zürich"
    file.write_text(text, "cp1252")
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        load_settings(file)


def test_a_password_comes_from_its_file_without_the_line_end(
    good: dict[str, str], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("pass word \n")
    simple = {
        "DIRECTORY_BIND": "simple",
        "DIRECTORY_USER": "svc",
        "DIRECTORY_PASSWORD_FILE": str(secret),
    }
    assert load_settings(write(tmp_path, good | simple)).directory.secret() == "pass word "


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hybrid_worker", *arguments],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("words", [(), ("check",)])
def test_a_settings_file_that_is_named_and_missing_is_the_complaint(words: tuple[str, ...]) -> None:
    """Not the settings that it would have held, one by one."""
    ran = run(*words, "--settings", "elsewhere.env")
    assert ran.returncode == 2
    said = "The worker cannot start:\n--settings elsewhere.env: there is no such file\n"
    assert (ran.stdout, ran.stderr) == ("", said)


def test_check_settings_prints_what_is_in_force_without_secrets(
    good: dict[str, str], tmp_path: Path
) -> None:
    simple = {
        "DIRECTORY_BIND": "simple",
        "DIRECTORY_USER": "svc",
        "DIRECTORY_PASSWORD": "s3cret",
    }
    done = run("--check-settings", "--settings", write(tmp_path, good | simple))
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["SSPR_WORKER_DIRECTORY_USER"] == "svc"
    assert shown["SSPR_WORKER_SYNC_EXPLAIN_AFTER"] == 240
    assert "s3cret" not in done.stdout


def test_the_start_stops_with_status_two_and_the_names_of_what_is_missing(tmp_path: Path) -> None:
    done = run("--settings", write(tmp_path, {}))
    assert done.returncode == 2
    assert "SSPR_WORKER_DIRECTORY_SERVER: is missing" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_sample_names_every_setting_that_there_is(good: dict[str, str], tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, good))
    groups = (
        *(settings.process, settings.service_bus, settings.directory, settings.sync),
        settings.preflight,
    )
    known = {
        f"{type(group).model_config['env_prefix']}{name}".upper()
        for group in groups
        for name in type(group).model_fields
    }
    lines = (ROOT / "worker.env.sample").read_text().splitlines()
    named = {line.lstrip("# ").partition("=")[0] for line in lines if "SSPR_WORKER_" in line}
    assert {name for name in named if name.startswith(PREFIX)} == known


@pytest.mark.parametrize(
    ("changes", "understood"),
    [
        ({"SYNC_MODE": "psrp"}, ("connect", "psrp")),
        ({"SYNC_MODE": "subprocess", "SYNC_POWERSHELL": sys.executable}, ("connect", "subprocess")),
        ({"SYNC_MODE": "cloud", "SYNC_HOST": ""}, ("cloud", "psrp")),
        ({"SYNC_MODE": "none", "SYNC_HOST": ""}, ("none", "psrp")),
    ],
)
def test_only_entra_connect_needs_a_host_and_older_words_for_it_are_understood(
    good: dict[str, str], tmp_path: Path, changes: dict[str, str], understood: tuple[str, str]
) -> None:
    sync = load_settings(write(tmp_path, good | changes)).sync
    assert (sync.mode, sync.through) == understood
