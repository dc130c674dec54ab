"""How many referrals are due and not judged yet: for whoever watches."""

from datetime import datetime

from django.db import connection

COUNTED_MAX = 100_000

_DUE = """
    SELECT count(*) FROM (
        SELECT 1 FROM referrals_referral WHERE status = 'joined' AND window_ends_at <= %s LIMIT %s
    ) d
"""


def referrals_due(*, now: datetime) -> int:
    """How many referrals' windows are over, `COUNTED_MAX` at most.

    Those whose invitee left early are due too, and take more reading than a figure is worth.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [now, COUNTED_MAX])
        due: int = cursor.fetchone()[0]
    return due
