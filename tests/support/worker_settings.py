"""The worker's settings, written as its administrator writes them."""

from pathlib import Path

from hybrid_worker.settings import PREFIX


def write(folder: Path, values: dict[str, str]) -> Path:
    file = folder / "worker.env"
    file.write_text("".join(f"{PREFIX}{name}={value}\n" for name, value in values.items()), "utf-8")
    return file
