"""Which uses of an identifier meet, in SQL: shared by all that ask who has it besides."""

from accounts.policy.identifiers import KEPT_KINDS


def meet(one: str, other: str) -> str:
    """Whether two uses overlap in time: one that ended before the other began is no match.

    Args:
        one, other: names of rows with `first_seen_at` and `ended_at`.
    """
    return (
        f"({other}.ended_at IS NULL OR {other}.ended_at > {one}.first_seen_at)"
        f" AND ({one}.ended_at IS NULL OR {one}.ended_at > {other}.first_seen_at)"
    )


def limit_of(kind: str) -> str:
    """The limit of accounts of a column's kind, out of the parameters `above_<kind>`."""
    return (
        f"CASE {kind} "
        + " ".join(f"WHEN '{k}' THEN %(above_{k})s::int" for k in KEPT_KINDS)
        + " END"
    )
