"""Which controller is asked: the preferred one, another while it is away, and it again later."""

from dataclasses import dataclass

from hybrid_worker.active_directory.controllers import Controllers
from hybrid_worker.settings import Place

ONE, TWO, THREE = (Place(f"dc{number}.corp.test", f"10.0.0.{number}", 636) for number in (1, 2, 3))


@dataclass
class World:
    """What time it is, and which controller the sync imports from."""

    now: float = 0.0
    imports_from: str | None = None

    def controllers(self) -> Controllers:
        return Controllers([ONE, TWO, THREE], lambda: self.imports_from, lambda: self.now)


def test_they_are_asked_in_the_order_of_the_settings() -> None:
    assert World().controllers().in_order() == [ONE, TWO, THREE]


def test_one_that_failed_comes_last_for_a_while() -> None:
    world = World()
    controllers = world.controllers()
    controllers.failed(ONE)
    assert controllers.in_order() == [TWO, THREE, ONE]
    world.now = 61
    assert controllers.in_order() == [ONE, TWO, THREE]


def test_the_one_that_the_sync_imports_from_goes_first_if_the_settings_name_it() -> None:
    world = World(imports_from="DC2.corp.test.")
    assert world.controllers().in_order() == [TWO, ONE, THREE]
    world.imports_from = "dc9.elsewhere.test"
    assert world.controllers().in_order() == [ONE, TWO, THREE]


def test_the_first_is_gone_back_to_in_time_and_not_while_it_is_in_use() -> None:
    world = World()
    controllers = world.controllers()
    controllers.use(ONE)
    world.now = 1_000
    assert not controllers.is_time_to_go_back()
    controllers.failed(ONE)
    controllers.use(TWO)
    world.now += 800
    assert not controllers.is_time_to_go_back()
    world.now += 101
    assert controllers.is_time_to_go_back()
