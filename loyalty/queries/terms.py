"""Which terms were in force when."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from kernel.two_persons import digest_of_version
from loyalty.models import TermsVersion
from loyalty.policy.terms import NumberedTerms, Terms

# Newest activation, and how many versions are active; a withdrawal makes it one fewer.
TERMS_MARK = "SELECT max(activated_at), count(*) FROM loyalty_termsversion WHERE status = 'active'"


class TermsCalendar:
    """The active versions, by the moments from which they are in force.

    Withdrawn ones are in force never, and are still known by their numbers: something that was
    posted by a clock that is ahead may name one.
    """

    def __init__(
        self,
        versions: Iterable[tuple[datetime, int, Terms]],
        withdrawn: Iterable[NumberedTerms] = (),
    ) -> None:
        ordered = sorted(versions, key=lambda version: version[0])
        self._starts = [starts for starts, _, _ in ordered]
        self._versions = [NumberedTerms(number, terms) for _, number, terms in ordered]
        self._by_number = dict((*withdrawn, *self._versions))

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
    # Each activation is later than those before it, and what was activated until then only ever
    # gets fewer, by withdrawals: so the newest activation and the number name the set.
    active: list[tuple[datetime, int, Terms]] = []
    withdrawn: list[NumberedTerms] = []
    for version in TermsVersion.objects.filter(status__in=("active", "withdrawn")):
        numbered = NumberedTerms(version.number, Terms.from_content(version.content))
        if version.status == "withdrawn":
            withdrawn.append(numbered)
        elif version.effective_from is not None:
            active.append((version.effective_from, *numbered))
    return TermsCalendar(active, withdrawn)


def scheduled_terms(*, now: datetime) -> list[TermsVersion]:
    """Active versions that have not begun at a moment, in the order of their beginnings."""
    active = TermsVersion.objects.filter(status="active", effective_from__gt=now)
    return list(active.order_by("effective_from"))


def terms_as_shown(version: TermsVersion, *, now: datetime) -> str:
    """The digest of what a person reads before they propose or activate a version.

    What it says, who is behind it, and what it is held against: the version in force and those
    that begin later.
    """
    return digest_of_version(
        version,
        in_force=terms_calendar().at(now).number,
        scheduled=[[each.number, each.effective_from] for each in scheduled_terms(now=now)],
    )


def program_zone() -> ZoneInfo:
    """The zone that months, days and expiry follow."""
    return ZoneInfo(settings.PROGRAM_TIME_ZONE)
