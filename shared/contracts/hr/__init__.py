"""What HR systems send, and the file that says which of them may."""
