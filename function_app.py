"""The function app: its functions or, where its set-up is wrong, the health route that says so."""

from functions.start import start

app = start()
