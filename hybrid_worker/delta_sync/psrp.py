"""The Connect host's cmdlets through PowerShell remoting to a JEA endpoint."""

from collections.abc import Mapping, Sequence
from typing import Any

from pypsrp.complex_objects import GenericComplexObject
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from hybrid_worker.delta_sync.decisions import SyncProblem, SyncRefused, problem_in
from hybrid_worker.settings import SyncSettings


class JeaEndpoint:
    """Runs single cmdlets, each in a session of its own: JEA allows nothing else."""

    def __init__(self, settings: SyncSettings) -> None:
        self._settings = settings

    def __call__(self, cmdlet: str, **parameters: Any) -> Sequence[Mapping[str, Any]]:
        """Runs one cmdlet and returns its objects' properties.

        Raises:
            SyncRefused: the host is out of reach, or the cmdlet reported an error.
        """
        try:
            shell = self._run(cmdlet, parameters)
        except Exception as error:
            # Whatever it is: what a host cut short or made up is no library's own error.
            problem = problem_in(str(error))
            # Only what the cmdlet itself says is a refusal; the rest is about getting there.
            problem = SyncProblem.UNREACHABLE if problem is SyncProblem.REFUSED else problem
            raise SyncRefused(problem, f"{cmdlet}: {type(error).__name__}: {error}") from error
        # `had_errors` stays False for errors that do not terminate.
        if errors := [str(record) for record in shell.streams.error]:
            raise SyncRefused(problem_in(" ".join(errors)), f"{cmdlet}: {errors[0]}")
        return [_properties(item) for item in shell.output]

    def _run(self, cmdlet: str, parameters: Mapping[str, Any]) -> PowerShell:
        settings = self._settings
        with (
            WSMan(
                settings.host or "",
                port=settings.port,
                username=settings.user,
                password=settings.secret(),
                ssl=True,
                auth=settings.auth,
                # pypsrp takes True or a file of authorities to trust.
                cert_validation=str(settings.ca_file) if settings.ca_file else True,  # type: ignore[arg-type]
                connection_timeout=settings.timeout,
                read_timeout=settings.timeout,
                # The host is to answer "not yet" before the connection gives up.
                operation_timeout=settings.timeout - 5,
            ) as wsman,
            RunspacePool(wsman, configuration_name=settings.configuration) as pool,
        ):
            shell = PowerShell(pool)
            shell.add_cmdlet(cmdlet).add_parameters(dict(parameters))
            shell.invoke()
            return shell


def _properties(item: Any) -> Mapping[str, Any]:
    """Returns an object's properties: .NET objects' arrive as adapted, custom ones' as extended."""
    if not isinstance(item, GenericComplexObject):
        return {}
    return {**item.adapted_properties, **item.extended_properties}
