"""What is shown of it all; nothing here changes anything."""
