"""JSON answers of the HTTP functions."""

import json
from typing import Any

import azure.functions as func


def json_response(value: Any, status_code: int = 200) -> func.HttpResponse:
    """The value as JSON text."""
    return func.HttpResponse(
        json.dumps(value), status_code=status_code, mimetype="application/json"
    )
