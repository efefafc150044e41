"""What the functions' and the host's own endpoints read from a request alike."""

from starlette.requests import Request


def given_key(request: Request) -> str:
    """The access key: of the header, even an empty one, and without it of the query."""
    header = request.headers.get("x-functions-key")
    return request.query_params.get("code", "") if header is None else header
