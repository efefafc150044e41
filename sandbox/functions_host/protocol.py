"""The protobuf classes that the Functions runtime is handed, as plain Python.

The runtime never imports protobuf: it is given a ``protos`` module, builds its answers with the
classes found there, and reads requests by attribute. Constants have the values of Microsoft's
``FunctionRpc.proto``.
"""

from enum import IntEnum
from types import SimpleNamespace
from typing import Any, ClassVar


class Message(SimpleNamespace):
    """A message: the fields it was made with; any other raises ``AttributeError``."""


class TypedData(Message):
    """A value on the wire: at most one of ``string``, ``bytes``, ``json``, ``http``, …."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's own spelling
        """Name the field that is set, or None for an absent value."""
        return next(iter(vars(self)), None)


class ParameterBinding(Message):
    """An argument: its name and its :class:`TypedData` in ``data``."""

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - protobuf's own spelling
        """Shared memory is never used, so the value is always in ``data``."""
        return "data"


class BindingInfo(Message):
    """A binding as indexed."""

    inout: ClassVar[int] = 2
    out: ClassVar[int] = 1
    undefined: ClassVar[int] = 0


class StatusResult(Message):
    """How a request went."""

    Failure: ClassVar[int] = 0
    Success: ClassVar[int] = 1


class RpcHttpCookie(Message):
    """A cookie that a function sets; optional attributes are None or have a ``value``."""

    SameSite = IntEnum(
        "SameSite",
        {"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3},
        module=__name__,
        qualname="RpcHttpCookie.SameSite",
    )


PROTOS: Any = SimpleNamespace(
    BindingInfo=BindingInfo,
    ParameterBinding=ParameterBinding,
    RpcHttpCookie=RpcHttpCookie,
    StatusResult=StatusResult,
    TypedData=TypedData,
    **dict.fromkeys(
        (
            "FunctionLoadResponse",
            "FunctionMetadataResponse",
            "InvocationResponse",
            "NullableBool",
            "NullableDouble",
            "NullableString",
            "NullableTimestamp",
            "RpcException",
            "RpcFunctionMetadata",
            "RpcHttp",
            "RpcRetryOptions",
            "Timestamp",
            "WorkerInitResponse",
            "WorkerMetadata",
        ),
        Message,
    ),
)
