"""What goes over the queues, between senders, app and worker."""
