"""Run the Connect host: `python -m sandbox.connect_host --state DIR ...`.

At its first start it runs the initial sync before it says that it is ready, with one line of
JSON that names its ports. It stays until SIGTERM.
"""

import argparse
import json
import logging
import signal
import sys
import threading
from datetime import timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path

from sandbox.certificates import server_certificate
from sandbox.company import SYNCED_SCOPE_GROUP
from sandbox.connect_host.authentication import take_kerberos, write_ntlm_accounts
from sandbox.connect_host.cmdlets import Cmdlets
from sandbox.connect_host.conditions import Conditions
from sandbox.connect_host.control import Control
from sandbox.connect_host.endpoint import WsmanServer
from sandbox.connect_host.engine import SyncEngine
from sandbox.connect_host.scheduler import Scheduler
from sandbox.connect_host.wsman import Wsman
from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.directory_sync.control_api import control_handler

_ADDRESS = "127.0.0.1"
_HOSTS = ["localhost", _ADDRESS]
_POLL_SECONDS = 0.05
"""How long a server may take to notice that it is to stop."""


def main() -> None:
    """Sync for the first time if need be, then serve until SIGTERM or SIGINT."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    arguments.state.mkdir(parents=True, exist_ok=True)
    write_ntlm_accounts(arguments.state)
    if arguments.keytab:
        take_kerberos(arguments.keytab, arguments.krb5_config)
    ad = ActiveDirectory(arguments.ldaps, arguments.certificates / "ca.pem")
    conditions = Conditions(cycle_seconds=arguments.cycle_seconds)
    engine = SyncEngine(ad, arguments.tenant, arguments.scope_group, arguments.state, conditions)
    _sync_initially(engine)
    scheduler = Scheduler(engine, timedelta(seconds=arguments.interval_seconds))
    servers = _servers(arguments, ad, engine, scheduler)
    scheduler.start()
    for server in servers.values():
        threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()
    ports = {name: server.server_port for name, server in servers.items()}
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    stopping.wait()
    scheduler.stop()
    engine.stop()
    for server in servers.values():
        server.shutdown()
        server.server_close()


def _sync_initially(engine: SyncEngine) -> None:
    if not engine.needs_initial_sync:
        return
    cycle = engine.run("initial", "Initial")
    if cycle.result != "success":
        raise SystemExit(f"the initial sync has not worked, {cycle.result}")


def _servers(
    arguments: argparse.Namespace, ad: ActiveDirectory, engine: SyncEngine, scheduler: Scheduler
) -> dict[str, ThreadingHTTPServer]:
    wsman = Wsman(Cmdlets(engine, scheduler))
    certificate = server_certificate(arguments.certificates, "connect-host", _HOSTS)
    control = control_handler(Control(engine, ad, wsman).routes)

    def conditions() -> Conditions:
        return engine.conditions

    return {
        "wsman": WsmanServer((_ADDRESS, arguments.port), wsman, ad, conditions),
        "wsmanTls": WsmanServer((_ADDRESS, arguments.tls_port), wsman, ad, conditions, certificate),
        "control": ThreadingHTTPServer((_ADDRESS, arguments.control_port), control),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox.connect_host", description=__doc__)
    add = parser.add_argument
    add("--state", type=Path, required=True, help="folder that outlives the process")
    add("--port", type=int, default=0, help="WS-Management without TLS; 0 takes a free one")
    add("--tls-port", type=int, default=0, help="WS-Management over TLS; 0 takes a free one")
    add("--control-port", type=int, default=0, help="control API; 0 takes a free one")
    add("--ldaps", required=True, help="URL of the domain controller")
    add("--certificates", type=Path, required=True, help="the sandbox's folder")
    add("--tenant", required=True, help="base URL of the tenant that is synced to")
    add("--scope-group", default=SYNCED_SCOPE_GROUP, help="the AD group that is synced")
    add("--keytab", type=Path, help="its own keys, for clients that sign in by Kerberos")
    add("--krb5-config", type=Path, help="where its realm is")
    add("--cycle-seconds", type=float, default=1.0, help="how long a cycle takes")
    add("--interval-seconds", type=float, default=1800.0, help="between scheduled cycles")
    return parser.parse_args()


if __name__ == "__main__":
    main()
