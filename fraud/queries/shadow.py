"""What a rule set in shadow would have done differently from the live one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection

SUBJECTS_SHOWN = 100

# A subject that was screened more often counts once, as it was found last.
_PAIRS = """
    SELECT live.outcome, shadow.outcome, shadow.value_minor, shadow.subject_type,
        shadow.subject_id, shadow.subscriber_id, live.score_millionths, shadow.score_millionths
    FROM (
        SELECT DISTINCT ON (a.subject_type, a.subject_id) a.*
        FROM fraud_assessment a
        WHERE a.is_shadow AND a.rule_set = %s AND a.assessed_at >= %s AND a.assessed_at < %s
        ORDER BY a.subject_type, a.subject_id, a.id DESC
    ) shadow
    CROSS JOIN LATERAL (
        SELECT b.outcome, b.score_millionths FROM fraud_assessment b
        WHERE b.subject_type = shadow.subject_type AND b.subject_id = shadow.subject_id
            AND NOT b.is_shadow AND b.assessed_at < %s
        ORDER BY b.id DESC LIMIT 1
    ) live
    ORDER BY shadow.value_minor DESC, shadow.id
"""


class Differing(NamedTuple):
    """A subject that a shadow judged otherwise than the live rule set."""

    subject_type: str
    subject_id: str
    subscriber_id: int
    value_minor: int
    live_score_millionths: int
    shadow_score_millionths: int


@dataclass(frozen=True, slots=True)
class Difference:
    """All subjects whose outcome would have been another one, in the same way.

    Attributes:
        subjects: the most valuable ones, at most 100.
    """

    live: str
    shadow: str
    count: int
    value_minor: int
    subjects: tuple[Differing, ...]


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """How many subjects both judged, and how the shadow's outcomes differ."""

    number: int
    compared: int
    differences: tuple[Difference, ...]


def shadow_differences(*, number: int, since: datetime, until: datetime) -> ShadowReport:
    """What a shadow would have done differently over what it assessed in [since, until)."""
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, [number, since, until, until])
        rows = cursor.fetchall()
    by_way: dict[tuple[str, str], list[Differing]] = {}
    for live, shadow, value_minor, kind, name, subscriber_id, was, would_be in rows:
        if live != shadow:
            each = Differing(kind, name, subscriber_id, value_minor, was, would_be)
            by_way.setdefault((live, shadow), []).append(each)
    differences = [_difference(live, shadow, found) for (live, shadow), found in by_way.items()]
    return ShadowReport(
        number, len(rows), tuple(sorted(differences, key=lambda each: -each.value_minor))
    )


def _difference(live: str, shadow: str, found: Sequence[Differing]) -> Difference:
    value_minor = sum(each.value_minor for each in found)
    return Difference(live, shadow, len(found), value_minor, tuple(found[:SUBJECTS_SHOWN]))
