"""Where the worker's own settings say to look for what ends."""

from collections.abc import Iterator
from functools import partial

from hybrid_worker.endings.certificates import of_file, of_server
from hybrid_worker.endings.watch import Look
from hybrid_worker.settings import DirectorySettings, Place, SyncSettings, WorkerSettings
from shared.contracts.messages.ending_report import EndingReport, Endless

CREDENTIAL = "service-bus-certificate"
CONTROLLER = "directory-certificate"
CONNECT_HOST = "connect-host-certificate"


def certificates_of(settings: WorkerSettings) -> tuple[Look, ...]:
    """Returns who tells of each certificate that the worker works by."""
    return (
        *_of_credential(settings),
        *_of_servers(settings.directory),
        *_of_connect_host(settings.sync),
    )


def known_without_looking(settings: WorkerSettings) -> tuple[EndingReport, ...]:
    """Returns what renews itself: the managed identity's credential, which Azure Arc keeps."""
    bus = settings.service_bus
    if bus.certificate_file or bus.connection_string:
        return ()
    return (EndingReport(what=CREDENTIAL, of="managed identity", why=Endless.BY_ITSELF),)


def _of_credential(settings: WorkerSettings) -> Iterator[Look]:
    bus = settings.service_bus
    if bus.certificate_file:
        yield partial(of_file, CREDENTIAL, bus.client_id or "", bus.certificate_file)


def _of_servers(settings: DirectorySettings) -> Iterator[Look]:
    # A controller may be a catalogue, too: it has one certificate.
    servers = {place.name: place for place in (*settings.catalogues, *settings.controllers)}
    for place in servers.values():
        yield partial(of_server, CONTROLLER, place, settings.ca_file, settings.timeout)


def _of_connect_host(settings: SyncSettings) -> Iterator[Look]:
    if settings.mode == "connect" and settings.through == "psrp" and settings.host:
        place = Place(settings.host, settings.host, settings.port)
        yield partial(of_server, CONNECT_HOST, place, settings.ca_file, settings.timeout)
