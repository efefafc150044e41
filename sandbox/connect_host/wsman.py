"""WS-Management as PowerShell remoting uses it: SOAP envelopes in, SOAP envelopes out.

The actions and namespaces are those of MS-WSMV and DSP0226.
"""

import re
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from sandbox.connect_host.cmdlets import Cmdlets
from sandbox.connect_host.runspace import Runspace

CONFIGURATION = "SSPR.DeltaSync"
"""The name of the JEA endpoint (session configuration)."""
_RESOURCE = f"http://schemas.microsoft.com/powershell/{CONFIGURATION}"

_TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
_SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
_NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "rsp": _SHELL,
    "x": _TRANSFER,
    "pwsh": "http://schemas.microsoft.com/powershell",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())

_RESOURCE_NOT_FOUND = 2150858752
_SHELL_NOT_FOUND = 2150858843
_OPERATION_TIMEOUT = 2150858793
_NOT_SUPPORTED = 2150858755


@dataclass
class Fault(Exception):
    """A SOAP fault with one of WinRM's error codes."""

    code: int
    message: str


@dataclass(frozen=True)
class _Request:
    action: str
    message_id: str
    resource: str
    shell: UUID | None
    timeout: float
    """Seconds after which the client wants to hear "not yet"."""
    body: ET.Element

    @classmethod
    def parse(cls, envelope: bytes) -> "_Request":
        try:
            root = ET.fromstring(envelope)  # noqa: S314  # loopback only
        except ET.ParseError as error:
            raise ValueError(f"not XML: {error}") from error
        header = root.find("s:Header", _NAMESPACES)
        body = root.find("s:Body", _NAMESPACES)
        if header is None or body is None:
            raise ValueError("the SOAP envelope has no header or no body")
        shell = header.findtext("w:SelectorSet/w:Selector[@Name='ShellId']", None, _NAMESPACES)
        return cls(
            action=header.findtext("a:Action", "", _NAMESPACES),
            message_id=header.findtext("a:MessageID", "", _NAMESPACES),
            resource=header.findtext("w:ResourceURI", "", _NAMESPACES),
            shell=UUID(shell) if shell else None,
            timeout=_seconds(header.findtext("w:OperationTimeout", "", _NAMESPACES)),
            body=body,
        )

    def find(self, path: str) -> ET.Element:
        found = self.body.find(path, _NAMESPACES)
        if found is None:
            raise Fault(_NOT_SUPPORTED, f"The body has no {path}.")
        return found


class Wsman:
    """The WS-Management service of one Connect host and the shells that are open on it."""

    def __init__(self, cmdlets: Cmdlets) -> None:
        self._cmdlets = cmdlets
        self._shells: dict[UUID, Runspace] = {}
        self.sessions = 0
        """How many have been begun; each leaves a transcript on a real host."""
        self._actions = {
            f"{_TRANSFER}/Create": self._create,
            f"{_TRANSFER}/Delete": self._delete,
            f"{_SHELL}/Command": self._command,
            f"{_SHELL}/Send": self._send,
            f"{_SHELL}/Receive": self._receive,
            f"{_SHELL}/Signal": self._signal,
        }

    def answer(self, envelope: bytes) -> tuple[bool, bytes]:
        """Return whether all went well, and the envelope to answer with.

        Raises:
            ValueError: what has come is not a SOAP envelope, or an id in it is none.
        """
        request = _Request.parse(envelope)
        try:
            body = self._serve(request)
        except Fault as fault:
            return False, _envelope(f"{_NAMESPACES['f']}/fault", request, _fault(fault))
        return True, _envelope(f"{request.action}Response", request, body)

    def _serve(self, request: _Request) -> str:
        serve = self._actions.get(request.action)
        if serve is None:
            raise Fault(_NOT_SUPPORTED, f"The action {request.action} is not supported.")
        return serve(request)

    def _create(self, request: _Request) -> str:
        if request.resource.lower() != _RESOURCE.lower():
            raise Fault(
                _RESOURCE_NOT_FOUND,
                "The WS-Management service cannot process the request. The resource URI "
                f"({request.resource}) was not found in the WS-Management catalog.",
            )
        shell = request.find("rsp:Shell")
        identifier = UUID(shell.get("ShellId") or str(uuid4()))
        runspace = Runspace(self._cmdlets)
        runspace.receive(b64decode(shell.findtext("pwsh:creationXml", "", _NAMESPACES)))
        self._shells[identifier] = runspace
        self.sessions += 1
        name = str(identifier).upper()
        return (
            f"<x:ResourceCreated><a:Address>{_NAMESPACES['a']}/role/anonymous</a:Address>"
            f"<a:ReferenceParameters><w:ResourceURI>{_RESOURCE}</w:ResourceURI><w:SelectorSet>"
            f'<w:Selector Name="ShellId">{name}</w:Selector></w:SelectorSet>'
            f"</a:ReferenceParameters></x:ResourceCreated><rsp:Shell><rsp:ShellId>{name}"
            f"</rsp:ShellId><rsp:ResourceUri>{_RESOURCE}</rsp:ResourceUri>"
            "<rsp:InputStreams>stdin pr</rsp:InputStreams>"
            "<rsp:OutputStreams>stdout</rsp:OutputStreams></rsp:Shell>"
        )

    def _delete(self, request: _Request) -> str:
        self._shell(request)
        self._shells = {one: its for one, its in self._shells.items() if one != request.shell}
        return ""

    def _command(self, request: _Request) -> str:
        line = request.find("rsp:CommandLine")
        pipeline = UUID(line.get("CommandId") or str(uuid4()))
        first = b64decode(line.findtext("rsp:Arguments", "", _NAMESPACES))
        self._shell(request).create_pipeline(pipeline, first)
        identifier = str(pipeline).upper()
        return (
            f"<rsp:CommandResponse><rsp:CommandId>{identifier}</rsp:CommandId>"
            "</rsp:CommandResponse>"
        )

    def _send(self, request: _Request) -> str:
        stream = request.find("rsp:Send/rsp:Stream")
        self._shell(request).receive(b64decode(stream.text or ""))
        return "<rsp:SendResponse/>"

    def _receive(self, request: _Request) -> str:
        command = request.find("rsp:Receive/rsp:DesiredStream").get("CommandId")
        pipeline = UUID(command) if command else None
        runspace = self._shell(request)
        output, ended = runspace.take(pipeline), runspace.has_ended(pipeline)
        if not output and not ended:
            # Cmdlets answer at once: what has not ended hangs.
            time.sleep(request.timeout)
            raise Fault(
                _OPERATION_TIMEOUT,
                "The WS-Management service cannot complete the operation within the time "
                "specified in OperationTimeout.",
            )
        attribute = f' CommandId="{command}"' if command else ""
        stream = b64encode(output).decode()
        state = f'<rsp:CommandState{attribute} State="{_SHELL}/CommandState/Done"/>'
        return (
            f'<rsp:ReceiveResponse><rsp:Stream Name="stdout"{attribute}>{stream}</rsp:Stream>'
            f"{state if ended else ''}</rsp:ReceiveResponse>"
        )

    def _signal(self, request: _Request) -> str:
        command = request.find("rsp:Signal").get("CommandId")
        if command:
            self._shell(request).close_pipeline(UUID(command))
        return "<rsp:SignalResponse/>"

    def _shell(self, request: _Request) -> Runspace:
        runspace = self._shells.get(request.shell) if request.shell else None
        if runspace is None:
            raise Fault(
                _SHELL_NOT_FOUND,
                "The request for the Windows Remote Shell with ShellId "
                f"{request.shell} failed because the shell was not found on the server.",
            )
        return runspace


def _seconds(duration: str) -> float:
    """The seconds of an xs:duration as clients write it, such as PT20S; none for any other."""
    match = re.fullmatch(r"PT(\d+(?:\.\d+)?)S", duration)
    return float(match[1]) if match else 0


def _envelope(action: str, request: _Request, body: str) -> bytes:
    return (
        f"<s:Envelope {_DECLARED}><s:Header><a:Action>{action}</a:Action>"
        f"<a:MessageID>uuid:{uuid4()}</a:MessageID>"
        f"<a:RelatesTo>{escape(request.message_id)}</a:RelatesTo></s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _fault(fault: Fault) -> str:
    message = escape(fault.message)
    return (
        "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason>"
        f'<s:Text xml:lang="en-US">{message}</s:Text></s:Reason><s:Detail>'
        f'<f:WSManFault Code="{fault.code}" Machine="connect"><f:Message>{message}</f:Message>'
        "</f:WSManFault></s:Detail></s:Fault>"
    )
