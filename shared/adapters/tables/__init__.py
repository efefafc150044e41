"""The ledger in Azure Tables: enrolments with their index, totals and audit, and receipts."""
