"""What Azure's Core Tools need in order to run the app in the development host's place."""

import json
from pathlib import Path

from sandbox import supervisor
from sandbox.layout import Layout
from sandbox.parts import function_app_settings
from sandbox.private_file import write_private

ANY_KEY = "core-tools-ask-for-none"
"""Run locally, a function asks for no key, whatever its level. Source: Microsoft Learn, "Azure
Functions HTTP trigger", Authorization keys; looked up in November 2026."""
_BUS = "ServiceBusConnection"


def settings_file(layout: Layout) -> Path:
    """Where they are; `func start` takes them from the app's own folder."""
    return layout.state / "local.settings.json"


def write_settings(layout: Layout) -> None:
    """Write the settings of an app that `func start` runs on this sandbox."""
    storage = supervisor.announcement(layout, "azurite").get("connectionString")
    if storage is None:
        return
    document = {
        "IsEncrypted": False,
        # `sspr` and the sandbox look for the app at this port.
        "Host": {"LocalHttpPort": layout.ports.functions},
        "Values": _values(layout, storage),
    }
    write_private(settings_file(layout), json.dumps(document, indent=2))


def _values(layout: Layout, storage: str) -> dict[str, str]:
    """Those of the development host, but with a connection string for Service Bus.

    Microsoft's extension reads of `ServiceBusConnection__…` the namespace and the credential, and
    would look for the namespace at port 5671. An emulator is asked at its own port, without TLS.
    """
    values = function_app_settings(layout, storage)
    others = {name: value for name, value in values.items() if not name.startswith(f"{_BUS}__")}
    return {**others, _BUS: layout.bus_connection_string}
