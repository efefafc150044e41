"""Every sandbox of this machine has an address and ports of its own."""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import places
from sandbox.places import NoPlaceLeft, Place, reserve

ASK = "import sys, pathlib; from sandbox.places import reserve; p = pathlib.Path; "
RESERVE = ASK + "print(reserve(p(sys.argv[1]), p(sys.argv[2])).number)"


@pytest.fixture
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places that no sandbox takes which comes and goes beside this test: all take the first."""
    monkeypatch.setattr(places, "_NUMBERS", places._NUMBERS[-4:])


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    return tmp_path / "registry"


def folder(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    return made


def test_two_that_ask_at_once_get_two_places(tmp_path: Path, registry: Path) -> None:
    states = [folder(tmp_path, f"state-{number}") for number in range(4)]
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", RESERVE, state, registry], stdout=subprocess.PIPE, text=True
        )
        for state in states
    ]
    answers = [process.communicate()[0] for process in asking]
    assert len(set(answers)) == len(states)
    assert all(process.returncode == 0 for process in asking)


@pytest.mark.usefixtures("nobody_else")
def test_a_place_is_kept_while_its_folder_is_there_and_free_afterwards(
    tmp_path: Path, registry: Path
) -> None:
    first, second = folder(tmp_path, "first"), folder(tmp_path, "second")
    place = reserve(first, registry)
    assert reserve(second, registry) != place
    shutil.rmtree(first)
    assert reserve(folder(tmp_path, "third"), registry) == place


@pytest.mark.usefixtures("nobody_else")
@pytest.mark.parametrize("what", ["address", "port"])
def test_a_place_where_somebody_else_listens_is_passed_over(
    tmp_path: Path, registry: Path, what: str
) -> None:
    free = reserve(folder(tmp_path, "first"), registry)
    shutil.rmtree(tmp_path / "first")
    taken = (free.address, 636) if what == "address" else ("127.0.0.1", free.ports[-1])
    with socket.create_server(taken):
        assert reserve(folder(tmp_path, "second"), registry) != free


def test_no_port_is_one_that_the_kernel_deals_to_clients() -> None:
    first_dealt = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    last = Place(max(places._NUMBERS))
    assert max(last.ports) < first_dealt
    assert last.address == "127.0.0.249"


def test_a_full_machine_says_what_to_do(tmp_path: Path, registry: Path) -> None:
    registry.mkdir()
    everything = {str(number): str(tmp_path) for number in places._NUMBERS}
    (registry / "places.json").write_text(json.dumps(everything))
    with pytest.raises(NoPlaceLeft, match="remove the folders of sandboxes"):
        reserve(tmp_path, registry)
