"""Describe workers: what each said last, and whether its version fits the app's."""

from shared.contracts.api.rollout_views import WorkerView
from shared.contracts.messages.version import running_version
from shared.domain.rollout.measurements import WorkerSight
from shared.domain.versions import fit


def worker_view(sight: WorkerSight) -> WorkerView:
    """Returns the worker as operators see it."""
    text = sight.sync_mode.text if sight.sync_mode else ""
    app = running_version()
    told = {"sync_text": text, "fit": fit(sight.version, app).text(app)}
    return WorkerView.model_validate(sight).model_copy(update=told)
