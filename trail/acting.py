"""Who acts and why, said once and read by every trigger of the trail."""

from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
from django.db import connection

_FORGET = """
    SELECT set_config('pghistory.context_id', '', true),
        set_config('pghistory.context_metadata', '', true)
"""


@contextmanager
def acting(**said: str) -> Iterator[None]:
    """Let changes within be recorded with what is said; what is empty isn't said.

    Inner words come beside the outer ones, which stand again afterwards. The words travel with
    each statement that writes (`SET LOCAL`, in the same round trip), so that they never outlive a
    transaction, nor reach whoever has the connection next. Statements that the ledger sends by
    cursors of its own carry none, and need none: the books aren't tracked.

    Args:
        said: `by` (a user's name), `reason`, `page` (an address), `request` (its id).
    """
    with pghistory.context() as context:
        before = dict(context.metadata)
        context.metadata.update({name: word for name, word in said.items() if word})
        try:
            yield
        finally:
            context.metadata.clear()
            context.metadata.update(before)
    if not before and connection.in_atomic_block:
        # The transaction goes on, and what comes next may be somebody else's doing.
        with connection.cursor() as cursor:
            cursor.execute(_FORGET)
