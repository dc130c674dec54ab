"""One at a time: whoever writes messages of endpoints.

Two relays that claimed pages side by side would each keep the order of ids, and between them
lose it: the later page could be written first. Their pages are short, so that waiting for each
other costs less than telling apart whose subscribers are whose.
"""

from django.db import connection

# "outbox", as a number.
_RELAY = 0x6F7574626F78


def hold_relay() -> None:
    """Be the only one to write messages, until the end of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_RELAY])
