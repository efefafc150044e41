"""Where the checkout lies whose parts are started."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
