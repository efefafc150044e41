"""A stand-in for Entra Cloud Sync's scheduler and agents: it reads AD and runs the job's cycles."""
