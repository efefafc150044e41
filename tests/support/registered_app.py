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

BY_TOKEN = {
    "SSPR_OPERATOR_AUTH": "entra",
    "SSPR_ENTRA_TENANT_ID": "2f7c1c6e-6a5e-4a07-9f0c-2c8d6a1b7e11",
    "SSPR_OPERATOR_AUDIENCE": "0a6d2a34-5b5e-4cf4-9d0f-3a1a5d1b9c11",
}
"""What is set where operators sign in."""


def load(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> func.FunctionApp:
    """Import the app anew, as a worker process does at its start."""
    for name in (*ENVIRONMENT, *BY_TOKEN):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "function_app", raising=False)
    app: func.FunctionApp = importlib.import_module("function_app").app
    return app
