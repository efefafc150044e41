"""The operator API, the audit: for whoever exports it, or proves that nobody has touched it."""

from functions.responses import there
from functions.routes import Request, Routes
from shared.contracts.api.audit_views import AuditEnds, AuditPage
from shared.contracts.api.operator_requests import After, Nothing
from shared.use_cases.views.describe_audit import describe_audit_ends, read_audit

routes = Routes("audit")


@routes.get("audit", takes=Nothing, answers=AuditEnds)
async def get_audit(asked: Request[Nothing]) -> AuditEnds:
    """Where each partition's chain of records ends."""
    return await describe_audit_ends(asked.world)


@routes.get("audit/{partition}", takes=After, answers=AuditPage, refuses=(404,))
async def get_audit_records(asked: Request[After]) -> AuditPage:
    """Up to 500 records of a partition as they are chained, oldest first."""
    page = await read_audit(asked.path["partition"], asked.sent.after, asked.world)
    return there(page, "the audit has no such partition")
