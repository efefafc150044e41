"""Where the repository lies that is tested, for whoever reads its files or starts its programs."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
