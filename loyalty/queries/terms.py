"""Which terms were in force when."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from loyalty.models import TermsVersion
from loyalty.policy.terms import NumberedTerms, Terms

TERMS_MARK = "SELECT max(activated_at), count(*) FROM loyalty_termsversion WHERE status = 'active'"


class TermsCalendar:
    """The active versions, by the moments from which they are in force."""

    def __init__(self, versions: Iterable[tuple[datetime, int, Terms]]) -> None:
        ordered = sorted(versions, key=lambda version: version[0])
        self._starts = [starts for starts, _, _ in ordered]
        self._versions = [NumberedTerms(number, terms) for _, number, terms in ordered]
        self._by_number = {version.number: version.terms for version in self._versions}

    def at(self, at: datetime) -> NumberedTerms:
        """The version in force at a moment; the first one for all that lies before it."""
        return self._versions[max(0, bisect_right(self._starts, at) - 1)]

    def versions(self) -> list[tuple[datetime, NumberedTerms]]:
        """All active versions and the moments from which they are in force, in order."""
        return list(zip(self._starts, self._versions, strict=True))

    def numbered(self, number: int) -> Terms:
        """The terms of a version, by its number."""
        return self._by_number[number]


def terms_calendar() -> TermsCalendar:
    """All active versions; read once per process until another one is activated."""
    with connection.cursor() as cursor:
        cursor.execute(TERMS_MARK)
        newest, versions = cursor.fetchone()
    return calendar_marked(newest, versions)


@lru_cache(maxsize=1)
def calendar_marked(newest: datetime, versions: int) -> TermsCalendar:
    """The active versions, named by what TERMS_MARK answers; read when that is new."""
    # Active versions never change, so the newest activation and their number name their set.
    return TermsCalendar(
        (version.effective_from, version.number, Terms.from_content(version.content))
        for version in TermsVersion.objects.filter(status="active")
        if version.effective_from is not None
    )


def program_zone() -> ZoneInfo:
    """The zone that months, days and expiry follow."""
    return ZoneInfo(settings.PROGRAM_TIME_ZONE)
