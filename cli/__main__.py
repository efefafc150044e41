"""`python -m cli`: the same as `sspr`."""

from cli.main import app

app(prog_name="sspr")
