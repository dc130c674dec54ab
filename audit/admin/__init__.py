"""The page of the audit trail, and its export."""
