"""The forms in which senders write a body; each becomes the tree that JSON would have been."""
