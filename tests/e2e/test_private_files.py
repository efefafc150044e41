"""What holds keys or passwords in a sandbox that runs is its owner's alone."""

import stat

import pytest

from tests.support.rig import Rig

SECRETS = (
    *("signing.key", "functions-host.json", "worker.env"),
    *("functions/host-keys.json", "certificates/*.key", "dc/samba/*.keytab"),
    *("service-bus.sqlite", "tenant/tenant.sqlite"),
)


@pytest.mark.parametrize("pattern", SECRETS)
def test_nobody_else_may_read(rig: Rig, pattern: str) -> None:
    files = list(rig.layout.state.glob(pattern))
    assert files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {stat.S_IRUSR | stat.S_IWUSR}
