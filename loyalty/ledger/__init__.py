"""The ledger's SQL: locking books, reading what a verb needs, writing its plan.

Only loyalty's operations come here. Statements are prepared and their number does not depend
on how many rows they carry.
"""
