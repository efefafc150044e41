"""Secrets: whatever holds one shows it nowhere, whichever way it is written out."""

import json
import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from cli.settings import CliSettings
from hybrid_worker.settings import (
    DirectorySettings,
    ProcessSettings,
    ServiceBusSettings,
    SyncSettings,
    WorkerSettings,
    load_settings,
)
from shared.bootstrap import Setup, check_setup
from shared.domain.errors import ConfigurationError
from shared.settings import AppSettings, examine_settings
from tests.support.app_settings import names_of_settings

HUSH = "hush-hush-hush-hush"
MODELS: tuple[type[BaseModel], ...] = (
    AppSettings,
    CliSettings,
    ProcessSettings,
    ServiceBusSettings,
    DirectorySettings,
    SyncSettings,
)
SOUNDS_SECRET = re.compile(r"password|secret|connection_string|token|key(?!tab)")
NO_SECRETS = {"password_file", "keytab"}
"""Where one lies."""
APP = {
    "SSPR_SCOPE_GROUP_ID": "5c09e000-0000-0000-0000-000000000001",
    "SSPR_LEDGER_CONNECTION_STRING": f"AccountName=a;AccountKey={HUSH}",
    "ServiceBusConnection": f"Endpoint=sb://x.test/;SharedAccessKey={HUSH}",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={HUSH}",
    "SSPR_HR_SECRETS__BAMBOOHR": HUSH,
}
WORKER = {
    "SSPR_WORKER_SERVICE_BUS_CONNECTION_STRING": APP["ServiceBusConnection"],
    "SSPR_WORKER_DIRECTORY_SERVER": "dc.corp.test",
    "SSPR_WORKER_DIRECTORY_DOMAIN": "corp.test",
    "SSPR_WORKER_DIRECTORY_SCOPE_GROUP": "sspr",
    "SSPR_WORKER_DIRECTORY_BIND": "simple",
    "SSPR_WORKER_DIRECTORY_USER": "svc@corp.test",
    "SSPR_WORKER_DIRECTORY_PASSWORD": HUSH,
    "SSPR_WORKER_SYNC_HOST": "connect.corp.test",
    "SSPR_WORKER_SYNC_USER": "svc@corp.test",
    "SSPR_WORKER_SYNC_PASSWORD": HUSH,
}
CLI = {"url": "https://app.test/api", "key": HUSH, "token": HUSH}


def types_in(annotation: Any) -> Iterator[type]:
    if get_origin(annotation) in (Union, UnionType, dict):
        for one in get_args(annotation):
            yield from types_in(one)
    else:
        yield annotation


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_that_is_a_secret_has_the_type_of_one(model: type[BaseModel]) -> None:
    sound = {n for n in model.model_fields if SOUNDS_SECRET.search(n)} - NO_SECRETS
    hold = {n for n, one in model.model_fields.items() if SecretStr in types_in(one.annotation)}
    assert sound == hold


def every_way(settings: Any) -> Iterator[str]:
    """What a log, a traceback or a careless line would write of it."""
    yield repr(settings)
    yield str(settings)
    yield f"{settings}"
    yield json.dumps(settings, default=str)
    if isinstance(settings, BaseModel):
        yield settings.model_dump_json()
        yield str(settings.model_dump())


def assert_hushed(*held: Any) -> None:
    for one in held:
        for text in every_way(one):
            assert HUSH not in text, type(one)


def set_all(monkeypatch: pytest.MonkeyPatch, names: Iterable[str], values: dict[str, str]) -> None:
    for name in names:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> Setup:
    set_all(monkeypatch, names_of_settings(), APP)
    return check_setup(examine_settings())


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WorkerSettings:
    set_all(monkeypatch, (), {**WORKER, "SSPR_WORKER_STATE_DIRECTORY": str(tmp_path)})
    return load_settings(tmp_path / "worker.env")


def test_the_app_shows_none_of_its_secrets(setup: Setup) -> None:
    from shared.bootstrap import build_app

    assert setup.settings.hr_secrets["bamboohr"].get_secret_value() == HUSH
    app = build_app(setup)
    assert_hushed(setup.settings, setup, setup.senders, app, app.world, *app.dependencies)


def test_the_worker_shows_none_of_its_secrets(worker: WorkerSettings) -> None:
    assert worker.sync.secret() == HUSH
    groups = (worker.process, worker.service_bus, worker.directory, worker.sync)
    assert_hushed(worker, worker.shown(), *groups)


def test_the_command_line_shows_none_of_its_secrets() -> None:
    settings = CliSettings.model_validate(CLI)
    assert HUSH in settings.headers["authorization"]
    assert_hushed(settings)


def test_a_log_of_settings_shows_no_secret(
    setup: Setup, worker: WorkerSettings, caplog: pytest.LogCaptureFixture
) -> None:
    log = logging.getLogger("careless")
    log.warning("%s %r %s", setup, setup.settings, worker)
    log.warning("%(one)s", {"one": CliSettings.model_validate(CLI)})
    assert len(caplog.records) == 2
    assert HUSH not in caplog.text


def test_a_complaint_repeats_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every secret is given, each written wrongly where it can be."""
    wrong = {name: HUSH for name in APP if "SCOPE" not in name}
    set_all(monkeypatch, names_of_settings(), wrong)
    read = examine_settings()
    assert read.problems
    assert_hushed(*read.problems, read)
    models: tuple[tuple[type[BaseModel], dict[str, str]], ...] = (
        (AppSettings, {}),
        (CliSettings, {**CLI, "key": f"{HUSH} ü"}),
    )
    for model, values in models:
        with pytest.raises(ValidationError) as error:
            model.model_validate(values)
        assert_hushed(error.value)
    secrets = {name: one for name, one in WORKER.items() if HUSH in one}
    set_all(monkeypatch, WORKER, {**secrets, "SSPR_WORKER_STATE_DIRECTORY": str(tmp_path)})
    with pytest.raises(ConfigurationError) as refused:
        load_settings(tmp_path / "worker.env")
    assert_hushed(refused.value)
