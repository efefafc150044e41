"""By what senders prove who they are: signatures, and secrets that they send along."""
