"""Count how often inviters invite, which a burst is measured against."""

from datetime import datetime

from django.db import connection

from fraud.models import ReferralNorm
from kernel.moments import day_of
from loyalty.queries.terms import program_zone

_COUNT = """
    INSERT INTO fraud_referralnorm (day, inviters, mean_thousandths, deviation_thousandths)
    SELECT %s, count(*), coalesce(round(1000 * avg(joins)), 0),
        coalesce(round(1000 * stddev_pop(joins)), 0)
    FROM (
        SELECT count(*) AS joins FROM referrals_referral
        WHERE joined_at > %s - interval '30 days' AND joined_at <= %s AND status <> 'refused'
        GROUP BY inviter_id
    ) AS by_inviter
    HAVING count(*) > 0
    ON CONFLICT (day) DO NOTHING
"""


def count_norms(*, now: datetime) -> ReferralNorm | None:
    """Count the joins of the last 30 days per inviter who had any; once a day, safe to repeat.

    Returns:
        The norm of the day; None while nobody has invited anybody.
    """
    day = day_of(now, program_zone())
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [day, now, now])
    return ReferralNorm.objects.filter(day=day).first()
