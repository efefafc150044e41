"""The queues, by the names they have on the Service Bus namespace."""

ONBOARDING_EVENTS = "onboarding-events"
SCOPE_CHANGES = "scope-changes"
DIRECTORY_COMMANDS = "directory-commands"
DIRECTORY_RESULTS = "directory-results"
ROLLOUT_OPERATIONS = "rollout-operations"
LIFECYCLE_CALLBACKS = "lifecycle-callbacks"

MOST_DELIVERIES = 5
"""How often the broker delivers an operation before it sets the message aside."""
