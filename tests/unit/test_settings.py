"""The function app's settings: every one that is missing or wrong is named, with what to do."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from shared.bootstrap import check_setup
from shared.domain.errors import ConfigurationError
from shared.domain.person.policy import TenantRules, Topology
from shared.settings import AppSettings, examine_settings
from tests.support.app_settings import names_of_settings, sample, schedules

SCOPE = "5c09e000-0000-0000-0000-000000000001"
OTHER = "5c09e000-0000-0000-0000-000000000002"
BUS = "ServiceBusConnection"
COMPLETE = {
    "SSPR_SCOPE_GROUP_ID": SCOPE,
    "SSPR_LEDGER_ENDPOINT": "https://ledger.table.core.windows.net",
    f"{BUS}__fullyQualifiedNamespace": "rollout.servicebus.windows.net",
}
OF_THE_HOST = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in names_of_settings():
        monkeypatch.delenv(name, raising=False)


def read(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> AppSettings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return check_setup(examine_settings()).settings


def complaint(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> str:
    with pytest.raises(ConfigurationError) as raised:
        read(monkeypatch, values)
    return str(raised.value)


def without(name: str) -> dict[str, str]:
    return {one: value for one, value in COMPLETE.items() if one != name}


def test_three_settings_are_enough_and_the_rules_keep_their_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read(monkeypatch, COMPLETE).tenant_rules == TenantRules(scope_group_id=SCOPE)


def test_every_rule_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {
        "SSPR_TOPOLOGY": "synced",
        "SSPR_EXCLUDED_GROUP_IDS": f" {OTHER} ,",
        "SSPR_WAITING_DEADLINE": "P7D",
        "SSPR_FIRST_RETRY": "PT1M",
        "SSPR_LONGEST_RETRY": "PT1H",
        "SSPR_WRITTEN_WITHIN": "PT3M",
        "SSPR_ANSWERED_WITHIN": "PT4M",
        "SSPR_VISIBLE_WITHIN_CLOUD": "PT5M",
        "SSPR_VISIBLE_WITHIN_SYNCED": "PT6M",
        "SSPR_VISIBLE_WITHIN_CLOUD_SYNC": "PT8M",
        "SSPR_EFFECTIVE_WITHIN": "PT7M",
        "SSPR_REISSUE_LIMIT": "0",
    }
    assert read(monkeypatch, COMPLETE | changed).tenant_rules == TenantRules(
        scope_group_id=SCOPE,
        topology=Topology.SYNCED,
        excluded_group_ids=frozenset({OTHER}),
        waiting_deadline=timedelta(days=7),
        first_retry=timedelta(minutes=1),
        longest_retry=timedelta(hours=1),
        written_within=timedelta(minutes=3),
        answered_within=timedelta(minutes=4),
        visible_within_cloud=timedelta(minutes=5),
        visible_within_synced=timedelta(minutes=6),
        visible_within_cloud_sync=timedelta(minutes=8),
        effective_within=timedelta(minutes=7),
        reissue_limit=0,
    )


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("SSPR_SCOPE_GROUP_ID", ["SSPR_SCOPE_GROUP_ID", "the object id of the group"]),
        (
            "SSPR_LEDGER_ENDPOINT",
            ["set SSPR_LEDGER_CONNECTION_STRING or SSPR_LEDGER_ENDPOINT", "neither is set"],
        ),
        (
            f"{BUS}__fullyQualifiedNamespace",
            [f"set {BUS} or {BUS}__fullyQualifiedNamespace", "neither is set"],
        ),
    ],
)
def test_a_missing_setting_is_named_with_what_to_put_there(
    monkeypatch: pytest.MonkeyPatch, missing: str, named: list[str]
) -> None:
    text = complaint(monkeypatch, without(missing))
    assert [part for part in named if part not in text] == []


@pytest.mark.parametrize("name", ["BambooHR", "BAMBOOHR", "bamboohr"])
@pytest.mark.parametrize("secret", ["plain", "123", "true", '{"a": 1}', " spaced "])
def test_a_secret_of_an_hr_system_stays_the_text_that_it_is_by_whatever_case_of_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, secret: str
) -> None:
    found = read(monkeypatch, COMPLETE | {f"SSPR_HR_SECRETS__{name}": secret}).hr_secrets
    assert [(key, one.get_secret_value()) for key, one in found.items()] == [("bamboohr", secret)]
    assert secret not in repr(found)


def test_a_reference_to_key_vault_that_is_not_resolved_is_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reference = "@Microsoft.KeyVault(VaultName=contoso;SecretName=deel)"
    text = complaint(monkeypatch, COMPLETE | {"SSPR_HR_SECRETS__DEEL": reference})
    assert "SSPR_HR_SECRETS__DEEL is a reference to Key Vault that could not be resolved" in text


@pytest.mark.parametrize("name", [name for name in COMPLETE if name != "SSPR_SCOPE_GROUP_ID"])
def test_a_setting_left_empty_counts_as_missing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert "neither is set" in complaint(monkeypatch, COMPLETE | {name: ""})


@pytest.mark.parametrize(
    ("second", "named"),
    [
        (
            {"SSPR_LEDGER_CONNECTION_STRING": "UseDevelopmentStorage=true"},
            "set SSPR_LEDGER_CONNECTION_STRING or SSPR_LEDGER_ENDPOINT: both are set",
        ),
        (
            {BUS: "Endpoint=sb://x/"},
            f"set {BUS} or {BUS}__fullyQualifiedNamespace: both are set",
        ),
        (
            {"SSPR_EXCLUDED_GROUP_IDS": f"{OTHER},{SCOPE}"},
            "SSPR_EXCLUDED_GROUP_IDS names the scope group",
        ),
        (
            {"SSPR_PROVISION_ON_DEMAND": "true"},
            "SSPR_PROVISION_ON_DEMAND is true beside 0 ids in SSPR_CLOUD_SYNC_IDS",
        ),
        (
            {"SSPR_PROVISION_ON_DEMAND": "true", "SSPR_CLOUD_SYNC_IDS": f"{OTHER},{SCOPE}"},
            "SSPR_PROVISION_ON_DEMAND is true beside 2 ids",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_named_together(
    monkeypatch: pytest.MonkeyPatch, second: dict[str, str], named: str
) -> None:
    assert named in complaint(monkeypatch, COMPLETE | second)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SSPR_SCOPE_GROUP_ID", "SSPR-Users", "'SSPR-Users' is not an object id"),
        ("SSPR_EXCLUDED_GROUP_IDS", f"{OTHER},Admins", "'Admins' is not an object id"),
        ("SSPR_TOPOLOGY", "hybrid", "'nested', 'synced' or 'cloud'"),
        ("SSPR_FIRST_RETRY", "soon", "duration"),
        ("SSPR_COMMAND_LIFETIME", "a day", "how long a directory command may wait"),
        ("SSPR_REISSUE_LIMIT", "-1", "greater than or equal to 0"),
        ("SSPR_REISSUE_LIMIT", "21", "less than or equal to 20"),
        (f"{BUS}__transport", "carrier pigeon", "'Amqp' or 'AmqpOverWebsocket'"),
        ("SSPR_GRAPH_URL", "http://graph.microsoft.com/v1.0", "tokens would be sent in the clear"),
        ("SSPR_GRAPH_URL", "graph.microsoft.com/v1.0", "not https://HOST"),
        ("SSPR_LEDGER_ENDPOINT", "ledger.table.core.windows.net", "not https://HOST"),
        ("SSPR_LEDGER_CONNECTION_STRING", "a-key-alone", "it names no account and no endpoint"),
        (BUS, "rollout.servicebus.windows.net", "it names no account and no endpoint"),
        ("SSPR_MESSAGE_LOCK", "0", "lockDuration of the queues"),
        ("SSPR_MOST", "50 an hour", "such as 50 in 1h, or unlimited"),
        ("SSPR_MOST_LEAVING", "20000 in 1h", "at most 10,000 people"),
    ],
)
def test_a_setting_with_a_wrong_value_is_named_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    text = complaint(monkeypatch, COMPLETE | {name: value})
    assert f"  {name}: " in text
    assert reason in text


def test_every_wrong_value_is_named_at_once_on_a_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = {"SSPR_TOPOLOGY": "hybrid", "SSPR_FIRST_RETRY": "soon", "SSPR_SCOPE_GROUP_ID": "x"}
    lines = complaint(monkeypatch, COMPLETE | wrong).splitlines()[1:]
    assert {line.split(":")[0].strip() for line in lines} == set(wrong)


def test_what_is_wrong_by_itself_hides_no_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "SSPR_TOPOLOGY": "hybrid",
        f"{BUS}__transport": "carrier pigeon",
        "SSPR_LEDGER_CONNECTION_STRING": "UseDevelopmentStorage=true",
        "SSPR_OPERATOR_AUTH": "entra",
    }
    read(monkeypatch, COMPLETE)
    monkeypatch.delenv("SSPR_SCOPE_GROUP_ID")
    text = complaint(monkeypatch, wrong)
    expected = (
        "SSPR_SCOPE_GROUP_ID: Field required",
        "SSPR_TOPOLOGY: ",
        f"{BUS}__transport: ",
        "SSPR_OPERATOR_AUTH is entra: set SSPR_ENTRA_TENANT_ID",
        "SSPR_OPERATOR_AUTH is entra: set SSPR_OPERATOR_AUDIENCE",
        "SSPR_LEDGER_ENDPOINT: both are set",
    )
    assert [one for one in expected if one not in text] == []
    assert len(text.splitlines()) == 1 + len(expected)


def test_the_sample_is_complete_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    values = sample()
    assert read(monkeypatch, values).scope_group_id == values["SSPR_SCOPE_GROUP_ID"]
    required = [name for name, field in AppSettings.model_fields.items() if field.is_required()]
    assert [name for name in required if f"SSPR_{name.upper()}" not in values] == []


def test_the_sample_has_a_value_for_every_schedule_of_the_clock() -> None:
    assert schedules()
    assert [name for name in schedules() if not sample().get(name)] == []


def test_the_sample_holds_no_name_that_nobody_reads() -> None:
    known = OF_THE_HOST | schedules() | set(names_of_settings())
    assert set(sample()) - known == set()


def test_the_sample_shows_the_defaults_of_every_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = sample()
    assert read(monkeypatch, values).tenant_rules == TenantRules(
        scope_group_id=values["SSPR_SCOPE_GROUP_ID"]
    )


INSIGHTS = "APPLICATIONINSIGHTS"


def test_without_a_connection_string_there_is_no_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, {**COMPLETE, f"{INSIGHTS}_CONNECTION_STRING": ""})
    assert settings.telemetry_connection_string is None
    assert settings.telemetry_authentication is None


def test_telemetry_is_sent_by_the_identity_that_the_hosts_own_setting_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {f"{INSIGHTS}_AUTHENTICATION_STRING": "ClientId=app-1;Authorization=AAD"}
    assert read(monkeypatch, {**COMPLETE, **values}).telemetry_client_id == "app-1"
    values = {f"{INSIGHTS}_AUTHENTICATION_STRING": "Authorization=AAD"}
    assert read(monkeypatch, {**COMPLETE, **values}).telemetry_client_id is None


def test_another_way_to_authenticate_telemetry_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {f"{INSIGHTS}_AUTHENTICATION_STRING": "ClientId=app-1"}
    with pytest.raises(ConfigurationError, match=f"{INSIGHTS}_AUTHENTICATION_STRING: only"):
        read(monkeypatch, {**COMPLETE, **values})


def test_a_worker_that_would_send_the_addresses_of_requests_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {"PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY": "true"}
    with pytest.raises(ConfigurationError, match="set PYTHON_ENABLE_OPENTELEMETRY instead"):
        read(monkeypatch, {**COMPLETE, **values})


def test_days_on_which_something_ends_are_read_by_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    days = {"SSPR_ENDING_DATES": " workday secret=2027-03-01 , a=b=2027-05-31,"}
    found = read(monkeypatch, COMPLETE | days).dated_endings
    assert [(one.of, one.ends_at) for one in found] == [
        ("workday secret", datetime(2027, 3, 1, tzinfo=UTC)),
        ("a=b", datetime(2027, 5, 31, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2027-03-01", "write NAME=DAY"),
        ("=2027-03-01", "write NAME=DAY"),
        ("secret=01.03.2027", "no day such as"),
        ("secret=2027-03-01T00:00", "no day such as"),
        ("secret=2027-03-01,secret=2027-03-02", "said twice"),
    ],
)
def test_a_day_that_is_none_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    said = complaint(monkeypatch, COMPLETE | {"SSPR_ENDING_DATES": value})
    assert "SSPR_ENDING_DATES" in said
    assert reason in said
