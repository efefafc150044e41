"""The operator API, doctor: would a reset work, by the tenant's settings and the host's?"""

from functions.routes import Request, Routes
from shared.contracts.api.doctor_views import DoctorAsked, DoctorView
from shared.use_cases.views.examine import examine

routes = Routes("doctor")


@routes.get("doctor", takes=DoctorAsked, answers=DoctorView)
async def get_doctor(asked: Request[DoctorAsked]) -> DoctorView:
    """Whether a reset would work: what each check of the tenant and of the host says."""
    return await examine(asked.sent.since, asked.world, asked.now)
