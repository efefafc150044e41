"""`sspr`: what operators type; thin over the operator API."""
