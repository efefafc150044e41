"""What is kept in blobs: the mark of the ledger."""
