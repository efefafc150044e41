"""The references of commands and of settings: pages that are written by the code they are about."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import timedelta
from enum import Enum, EnumType
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from cli.settings import CliSettings
from hybrid_worker.settings import WorkerSettings
from shared.domain.durations import duration_text
from shared.settings import AppSettings
from tests.support.command_line import SSPR
from tests.support.repository import ROOT

COMMANDS = ROOT / "docs/commands.md"
SETTINGS = ROOT / "docs/settings.md"
_MADE = "<!-- made by `python -m tests.support.documented_tables`; do not edit -->"
_MOST_VALUES = 8
_LONGEST_DEFAULT = 40
"""What is longer and cannot be broken would make its column wider than the page."""


def references() -> Mapping[Path, str]:
    """Both pages, whole."""
    return {COMMANDS: _text(_commands()), SETTINGS: _text(_settings())}


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


def _commands() -> Iterator[str]:
    yield from ("# Commands", "", _MADE, "")
    yield "Every command of `sspr`, as its `--help` has it. What they do to people is in"
    yield "[operating a rollout](rollouts.md); how `sspr` comes to your desk in"
    yield "[from a clone to a tenant](deploy.md#sspr-on-your-desk)."
    yield from ("", "Before a command's name, for all of them:", "")
    yield from _options(SSPR)
    yield from ("", "What an exit status means: [connecting](rollouts.md#connecting).")
    parts: dict[str, list[tuple[str, Any]]] = {}
    for name, command in SSPR.commands.items():
        part = getattr(command, "rich_help_panel", None)
        parts.setdefault(part if isinstance(part, str) else "Others", []).append((name, command))
    for part, commands in parts.items():
        yield from ("", f"## {part}")
        for name, command in commands:
            yield from _command(f"sspr {name}", command)


def _command(name: str, command: Any) -> Iterator[str]:
    inside = getattr(command, "commands", {})
    if not inside or command.invoke_without_command:
        yield from _described(name, command)
    for inner, one in inside.items():
        yield from _command(f"{name} {inner}", one)


def _described(name: str, command: Any) -> Iterator[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    shown = [one.name.upper() if one.required else f"[{one.name.upper()}]" for one in arguments]
    needed = [one for one in command.params if one.required and one not in arguments]
    shown += [f"{one.opts[0]} {one.name.upper()}" for one in needed]
    yield from ("", f"### {name}", "", f"`{' '.join([name, *shown])}`", "")
    yield from "\n".join(_plain(command.help or "").split("\f")[:1]).strip().split("\n")
    yield ""
    yield from _options(command)


def _options(command: Any) -> Iterator[str]:
    yield from ("| option | what it does | default |", "|---|---|---|")
    for one in command.params:
        if one.name == "help" or getattr(one, "hidden", False):
            continue
        argument = one.param_type_name == "argument"
        name = one.name.upper() if argument else ", ".join(sorted(one.opts, key=len, reverse=True))
        text = _plain(one.help or "").replace("|", "\\|")
        yield f"| `{name}` | {text}{_choices(one)} | {_default_of(one)} |"


def _choices(option: Any) -> str:
    kind = getattr(getattr(option, "type_descriptor", None), "annotation", None)
    members: list[Any] = list(kind) if isinstance(kind, EnumType) else []
    words = [str(one.value) for one in members]
    if not words or len(words) > _MOST_VALUES:
        return ""
    return f" One of {', '.join(f'`{word}`' for word in words)}."


def _default_of(one: Any) -> str:
    if one.required:
        return "required"
    value: Any = one.default() if callable(one.default) else one.default
    value = value.value if isinstance(value, Enum) else value
    return "" if value in (None, "", False, (), []) else f"`{value}`"


def _plain(text: str) -> str:
    """One line a paragraph, without markup."""
    parts = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n\n".join(parts)


def _settings() -> Iterator[str]:
    yield from ("# Settings", "", _MADE, "")
    yield "Every setting by name. A setting that is wrong, or missing where it is required, is"
    yield "named by the part that reads it, with what to put there. Durations are written `30m`,"
    yield "`12h` or `7d`; ISO 8601 (`PT30M`, `P7D`) is understood as well."
    yield from ("", "## The app", "")
    yield "In Azure the deployment sets most of them, from"
    yield "[its own variables](deploy.md#the-azure-resources). Others last when they stand in"
    yield "[`AZURE_MORE_SETTINGS`](deploy.md#settings-that-last)."
    yield ""
    yield from _table(AppSettings, "SSPR_")
    yield from ("", "When the timers run, as six fields (seconds first), in UTC:", "")
    yield from _schedules()
    yield from ("", "## The worker", "")
    yield "In its file `worker.env`, or in the environment, which goes first."
    for one in fields(WorkerSettings):
        model: Any = one.type
        yield from ("", f"### {one.name.replace('_', ' ').capitalize()}", "")
        yield from _table(model, model.model_config["env_prefix"])
    yield from ("", "## The command line", "")
    yield from _table(CliSettings, "SSPR_")


def _schedules() -> Iterator[str]:
    values = json.loads((ROOT / "local.settings.json.sample").read_text())["Values"]
    yield from ("| setting | default |", "|---|---|")
    for name, value in values.items():
        if name.endswith("_SCHEDULE"):
            yield f"| `{name}` | `{value}` |"


def _table(model: Any, prefix: str) -> Iterator[str]:
    below = list[str]()
    yield from ("| setting | default | what to put there |", "|---|---|---|")
    for name, field in model.model_fields.items():
        assert field.description, f"{model.__name__}.{name}: say what to put there"
        text = " ".join(field.description.split()).replace("|", "\\|")
        setting, default = _name(name, field, prefix), _written(field)
        if len(default) > _LONGEST_DEFAULT:
            below.append(f"`{setting}` is by default {default}.")
            default = "below"
        yield f"| `{setting}` | {default} | {text} |"
    for sentence in below:
        yield from ("", sentence)


def _name(name: str, field: FieldInfo, prefix: str) -> str:
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"{prefix}{name.upper()}"


def _written(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return ""
    value = field.default
    if value is PydanticUndefined:
        return "required"
    value = value.value if isinstance(value, Enum) else value
    match value:
        case None | "":
            return ""
        case timedelta():
            return f"`{duration_text(value)}`"
        case bool():
            return f"`{str(value).lower()}`"
        case frozenset():
            return ", ".join(f"`{one}`" for one in sorted(value))
        case _:
            return f"`{value}`"
