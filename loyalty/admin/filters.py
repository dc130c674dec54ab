"""What the lists of redemptions and payouts share: months, and finding a subscriber's rows."""

from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from accounts.queries.spellings import subscribers_spelled
from kernel.moments import add_months, month_of
from loyalty.queries.terms import program_zone

MONTHS_OFFERED = 24


class MonthFilter(DropdownFilter):  # type: ignore[misc]
    """Rows of one calendar month of the program's zone."""

    title = _("month")
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the latest two years of months."""
        this_month = month_of(datetime.now(UTC), program_zone())
        months = [add_months(this_month, -back) for back in range(MONTHS_OFFERED)]
        return [(month.isoformat(), date_format(month, "YEAR_MONTH_FORMAT")) for month in months]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the month chosen."""
        chosen = self.value()
        if not chosen:
            return queryset
        try:
            return queryset.filter(month=date.fromisoformat(chosen))
        except ValueError:
            return queryset.none()


def of_subscriber(term: str) -> Q:
    """The rows of the subscriber with this id, however it is spelled: no join, an index alone."""
    found = [subscriber.pk for subscriber in subscribers_spelled(term)]
    return Q(subscriber_id__in=found) if found else Q(pk__in=[])
