"""The global catalogue, where people of several domains are to be put into one group."""

from collections.abc import Sequence
from functools import partial

from hybrid_worker.active_directory.connection import DirectoryConnection
from hybrid_worker.active_directory.domains import domains_of_forest
from hybrid_worker.active_directory.sign_in import SignInMemory
from hybrid_worker.check.outcome import Check, CheckFailed, NotApplicable
from hybrid_worker.check.server import certificate_verified, of_each
from hybrid_worker.settings import DirectorySettings


def forest_checks(
    settings: DirectorySettings, connection: DirectoryConnection, sign_in: SignInMemory
) -> Sequence[Check]:
    """Returns the checks of the catalogue and of the forest's domains."""
    certificate = "catalogue-certificate"
    return (
        Check(certificate, partial(_verified, settings), "directory-bind"),
        Check("catalogue", partial(_reads_the_forest, settings, sign_in), certificate),
        Check("domains", partial(_domains, settings, connection), "directory-domain"),
    )


def _verified(settings: DirectorySettings) -> str:
    if not settings.catalogues:
        raise NotApplicable("no global catalogue is named: people of one domain are served")
    return of_each(certificate_verified, settings, settings.catalogues)


def _reads_the_forest(settings: DirectorySettings, sign_in: SignInMemory) -> str:
    catalogue = DirectoryConnection(settings, sign_in, catalogue=True)
    try:
        domains = list(catalogue.search("(objectClass=domainDNS)", ["objectGUID"]))
        name = catalogue.controller
    finally:
        catalogue.close()
    if not domains:
        raise CheckFailed(
            f"{name} shows no domain at the catalogue's port",
            "Name a global catalogue server in SSPR_WORKER_DIRECTORY_CATALOGUE.",
        )
    return f"{name} shows {len(domains)} domains of the forest"


def _domains(settings: DirectorySettings, connection: DirectoryConnection) -> str:
    forest = domains_of_forest(connection)
    if settings.catalogues:
        return f"people of {', '.join(forest)} are served"
    others = [name for name in forest if name != settings.domain.lower()]
    served = f"people of {settings.domain.lower()} are served"
    if others:
        return (
            f"{served}; of the forest's other domains ({', '.join(others)}) nobody is, unless "
            "SSPR_WORKER_DIRECTORY_CATALOGUE names a global catalogue server"
        )
    return served
