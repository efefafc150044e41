"""The function app, imported anew as a worker process does at its start."""

import importlib
import sys

import azure.functions as func
import pytest

ENVIRONMENT = {
    "SSPR_SCOPE_GROUP_ID": "5c09e000-0000-0000-0000-000000000001",
    "SSPR_LEDGER_CONNECTION_STRING": "UseDevelopmentStorage=true",
    "ServiceBusConnection": "Endpoint=sb://127.0.0.1/;SharedAccessKeyName=n;SharedAccessKey=k",
}


def load(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> func.FunctionApp:
    """Import the app anew, as a worker process does at its start."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "function_app", raising=False)
    app: func.FunctionApp = importlib.import_module("function_app").app
    return app
