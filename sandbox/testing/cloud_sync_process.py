"""Starts Cloud Sync's real agents between a domain controller and a simulated tenant."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox.tenant.on_demand import RULE
from sandbox.tenant.synchronization import JOB, SERVICE_PRINCIPAL
from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.repository import ROOT
from sandbox.testing.tenant_process import RunningTenant
from sandbox.testing.waiting import PATIENCE


@dataclass(frozen=True)
class CloudSync:
    """The agents' control API, and the job as Graph shows it."""

    control: httpx.Client
    tenant: RunningTenant

    def put(self, **conditions: Any) -> None:
        self.control.post("/conditions", json=conditions).raise_for_status()

    def set_job(self, **conditions: Any) -> None:
        self.tenant.sandbox("POST", "cloud-sync", conditions)

    def cycle(self) -> str:
        """Run one cycle to its end; answers what became of it."""
        return str(self.control.post("/sync").raise_for_status().json()["result"])

    def provision(self, dn: str) -> dict[str, Any]:
        """Have one person brought; answers with what became of it."""
        subject = {"objectId": dn, "objectTypeName": "user"}
        order = {"parameters": [{"ruleId": RULE, "subjects": [subject]}]}
        path = f"/servicePrincipals/{SERVICE_PRINCIPAL}/synchronization/jobs/{JOB}"
        answer = self.tenant.graph("POST", f"{path}/provisionOnDemand", json=order)
        told: dict[str, Any] = json.loads(answer.raise_for_status().json()["key"])
        return told

    def status(self) -> dict[str, Any]:
        jobs = self.tenant.get(f"/servicePrincipals/{SERVICE_PRINCIPAL}/synchronization/jobs")
        (job,) = [one for one in jobs["value"] if one["id"] == JOB]
        status: dict[str, Any] = job["status"]
        return status

    def log(self) -> list[dict[str, Any]]:
        pages = self.tenant.pages("/auditLogs/provisioning")
        return [entry for page in pages for entry in page]

    def failures(self) -> int:
        """How many entries of the log say that an object could not be brought."""
        return sum(one["provisioningStatusInfo"]["status"] == "failure" for one in self.log())

    def knows(self, upn: str) -> bool:
        return bool(self.tenant.graph("GET", f"/users/{upn}").is_success)

    def members(self, group: str) -> set[str]:
        """The UPNs of a group's members, as they were written."""
        group_id = self.tenant.group_id(group)
        answer = self.tenant.get(f"/groups/{group_id}/members", select="userPrincipalName")
        return {one["userPrincipalName"] for one in answer["value"]}


@contextmanager
def running_cloud_sync(
    state: Path, controller: Controller, tenant: RunningTenant, *options: str
) -> Iterator[CloudSync]:
    """The agents, which read that domain, for the job of that tenant."""
    command = [
        *(sys.executable, "-m", "sandbox.cloud_sync", f"--state={state}"),
        *(f"--ldaps={controller.ready['ldaps']}", f"--tenant={tenant.http.base_url}"),
        f"--certificates={Path(controller.ready['authority']).parent}",
        *options,
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout as announced:
        try:
            port = json.loads(announced.readline())["control"]
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as control:
                url = f"http://127.0.0.1:{port}"
                tenant.sandbox("POST", "settings", {"connectHost": url})
                yield CloudSync(control, tenant)
        finally:
            process.terminate()
            assert process.wait(PATIENCE) == 0
