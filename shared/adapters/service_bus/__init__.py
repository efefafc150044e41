"""Azure Service Bus: the queues that the app sends to."""
