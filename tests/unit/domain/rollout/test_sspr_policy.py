"""What a change of SSPR's settings says of whom it is on for, and what it leaves open."""

from datetime import UTC, datetime

import pytest

from shared.domain.rollout.sspr_policy import PolicyChange, SettingChange, SsprScope

NOW = datetime(2026, 11, 29, tzinfo=UTC)
GROUP = "0f0e0d0c-0000-4000-8000-00000000000A"


def change(*settings: tuple[str, str | None, str | None]) -> PolicyChange:
    changed = tuple(SettingChange(*one) for one in settings)
    return PolicyChange(at=NOW, activity="Update SSPR Settings", settings=changed)


@pytest.mark.parametrize(
    ("name", "after", "scope"),
    [
        ("EnablementType", "0", SsprScope.NONE),
        ("enablement type", "Selected", SsprScope.GROUP),
        ("EnablementType", "All", SsprScope.ALL),
        ("Password reset enabled", '"None"', SsprScope.NONE),
        ("EnablementType", "Everybody but Ada", None),
        ("EnablementType", None, None),
        ("NotifyUsersOnPasswordReset", "2", None),
        ("PasswordResetEnabledGroupIds", "0", None),
    ],
)
def test_only_a_known_setting_with_a_known_value_says_whom_it_is_on_for(
    name: str, after: str | None, scope: SsprScope | None
) -> None:
    assert change((name, "1", after)).scope is scope


def test_a_change_that_names_no_setting_may_be_any_and_one_of_another_page_is_not_of_scope() -> (
    None
):
    assert change().may_be_of_scope
    assert change(("EnablementType", "1", "?")).may_be_of_scope
    assert change(("PasswordResetEnabledGroupIds", "a", "b")).may_be_of_scope
    assert not change(("NumberOfAuthenticationMethodsRequired", "1", "2")).may_be_of_scope


def test_the_selected_group_is_told_whatever_its_case_and_not_guessed() -> None:
    chosen = change(("PasswordResetEnabledGroupIds", "b", f'["{GROUP.lower()}"]'))
    assert chosen.names_group(GROUP) is True
    assert chosen.names_group("0f0e0d0c-0000-4000-8000-00000000000b") is False
    assert change(("EnablementType", "1", "2")).names_group(GROUP) is None
