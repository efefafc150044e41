"""The queues, by the names they have on the Service Bus namespace."""

ONBOARDING_EVENTS = "onboarding-events"
SCOPE_CHANGES = "scope-changes"
DIRECTORY_COMMANDS = "directory-commands"
DIRECTORY_RESULTS = "directory-results"
ROLLOUT_OPERATIONS = "rollout-operations"
LIFECYCLE_CALLBACKS = "lifecycle-callbacks"

SENT_TO = (
    ONBOARDING_EVENTS,
    SCOPE_CHANGES,
    DIRECTORY_COMMANDS,
    DIRECTORY_RESULTS,
    ROLLOUT_OPERATIONS,
    LIFECYCLE_CALLBACKS,
)
"""By the app: also to those that it takes batches from, to give back what it could not do."""
RECEIVED_FROM = (
    ONBOARDING_EVENTS,
    SCOPE_CHANGES,
    DIRECTORY_RESULTS,
    ROLLOUT_OPERATIONS,
    LIFECYCLE_CALLBACKS,
)
"""By the app."""
DEAD_LETTERS_OF = SENT_TO
"""Whose dead letters operators see and deal with through the app, and so may it receive from."""
MOST_DELIVERIES = 5
"""How often the broker delivers an operation before it sets the message aside."""
