"""Which version of the product this is: app, worker and command line tell each other.

The number is that of `pyproject.toml`, which a test holds equal: neither the app's package nor the
worker's folder has that file. `infra/build_package.py` writes the commit beside it.
"""

from importlib import import_module
from typing import Annotated, Final

from pydantic import StringConstraints

VERSION: Final = "0.4.0"
MOST = 40
Version = Annotated[
    str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]*$", max_length=MOST)
]
"""As one part tells it another: the number, and after a plus sign the commit where it is known."""


def running_version() -> str:
    """Returns the version of this process, with the commit that was built in, if any."""
    try:
        built = import_module("shared.contracts.messages.built")
    except ModuleNotFoundError:
        return VERSION
    return f"{VERSION}+{built.COMMIT}"[:MOST]
