"""How long the real host lets go on after SIGTERM what runs, before it ends it by force."""

GRACE_SECONDS = 10
"""For every function together: `WebJobsScriptHostService.StopAsync`."""
HTTP_GRACE_SECONDS = 30
"""For running requests, before the others' time begins: Kestrel's."""
