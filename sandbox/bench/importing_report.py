"""The figures of the import, for people and for machines."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console as Screen
from rich.table import Table

from sandbox.bench.importing import RUNS, Imported


def print_imports(measured: Sequence[Imported], screen: Screen) -> None:
    """A table, and what the app costs beyond the baseline."""
    table = Table(title="a cold start's import, on one core", title_justify="left")
    for column in ("", "processor time", "peak memory", "modules", "functions"):
        table.add_column(column, justify="right" if column else "left")
    for one in measured:
        table.add_row(
            one.app,
            f"{one.processor_seconds * 1000:.0f} ms",
            f"{one.peak_megabytes:.0f} MB",
            str(one.modules),
            str(one.functions),
        )
    screen.print(table)
    bare, ours = measured
    more = (ours.processor_seconds - bare.processor_seconds) * 1000
    memory = ours.peak_megabytes - bare.peak_megabytes
    screen.print(f"Beyond the baseline: {more:.0f} ms and {memory:.0f} MB; medians of {RUNS}.")


def imports_as_json(measured: Sequence[Imported]) -> list[dict[str, Any]]:
    """The same figures, unrounded."""
    return [asdict(one) for one in measured]
