"""Lists and pages that are read and never written, quick however many rows there are."""

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.contrib.admin import ShowFacets
from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from doors.admin.history import HistoryInTrail
from doors.admin.theme import ModelAdmin, Paginator, TabularInline
from doors.queries import estimated_rows

if TYPE_CHECKING:
    from django.db.models import QuerySet

Row = TypeVar("Row", bound=Model)
Parent = TypeVar("Parent", bound=Model)

COUNTED_MAX = 10_000


class EstimatingPaginator(Paginator[Any]):
    """Counts exactly up to 10,000 rows; beyond that an estimate is good enough for pages.

    A whole table is estimated by the database's own statistics, and a filtered list ends at
    10,000 rows: whoever needs the ten-thousand-and-first narrows the filter.
    """

    @cached_property
    def count(self) -> int:
        """How many rows there are, about."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        if not rows.query.where:
            estimate = estimated_rows(rows.model._meta.db_table)
            if estimate > COUNTED_MAX:
                return estimate
        return rows.order_by()[:COUNTED_MAX].count()


class ReadOnlyAdmin(HistoryInTrail, ModelAdmin[Row]):
    """An admin of rows that verbs write: whoever may view them, views them."""

    actions: Any = None
    # What an empty list says.
    empty_sentence: Any = _("Rows appear here once there are any.")
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    # Counts beside each filter would pass over the whole table once for each.
    show_facets = ShowFacets.NEVER
    paginator = EstimatingPaginator
    # A column without an index would sort the whole table.
    sortable_by: ClassVar[tuple[str, ...]] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: verbs add these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Return False: verbs change these rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Return False: nothing is ever deleted."""
        return False


class ReadOnlyTable(TabularInline[Row, Parent]):
    """Related rows on the page of what they belong to; who may see that, may see them."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_view_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        """Return what the page that this table stands on has decided already."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        """Return False: verbs add these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        """Return False: verbs change these rows."""
        return False
