"""The commands: each reads what was typed, asks the app, and shows what it answered.

`httpx`, the settings and the contracts are imported where a command needs them: help and shell
completion come at once.
"""
