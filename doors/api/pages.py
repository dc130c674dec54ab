"""Lists in pages: `limit` and `after` in, `{"data": […], "next": …}` out."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django_filters import FilterSet

from doors.api.bodies import StrictQuery
from doors.api.fields import ClientId, IntegerText, StrictField, UuidText
from doors.api.filters import filter_fields
from doors.api.views import ApiView, found

LIMIT_DEFAULT = 100
LIMIT_MAX = 1000

Row = TypeVar("Row", bound=Model)


class PageQuery(StrictQuery):
    """The parameters of a list that is ordered by a number; `after` is the last one seen."""

    limit = IntegerText(
        min_value=1,
        max_value=LIMIT_MAX,
        default=LIMIT_DEFAULT,
        help_text="How many items a page has at most.",
    )
    after = IntegerText(
        min_value=0,
        max_value=2**63 - 1,
        required=False,
        help_text="The `next` of the page before.",
    )


class PageByIdQuery(PageQuery):
    """The same for a list that is ordered by ids that clients made."""

    after = ClientId(required=False, help_text="The `next` of the page before.")  # type: ignore[assignment]


class PageByUuidQuery(PageQuery):
    """The same for a list that is ordered by ids that we made."""

    after = UuidText(required=False, help_text="The `next` of the page before.")  # type: ignore[assignment]


class ListView(ApiView):
    """A view that answers with pages.

    Attributes:
        filterset_class: filters by further parameters, documented and refused like the others.
            Single-valued filters only: a parameter may be given once.
    """

    query_class = PageQuery
    filterset_class: ClassVar[type[FilterSet] | None] = None

    @cached_property
    def other_parameters(self) -> Mapping[str, StrictField]:
        """The filter set's."""
        return filter_fields(self.filterset_class) if self.filterset_class else {}

    def page(
        self,
        rows: QuerySet[Row],
        *,
        by: str,
        represent: Callable[[Row], dict[str, Any]],
    ) -> HttpResponse:
        """Return one page of rows.

        Args:
            rows: unordered and unsliced; composite keys are no obstacle.
            by: the column that orders them and is unique within them; "-number" for newest
                first.
            represent: a row as JSON values.
        """
        return self.page_together(
            rows, by=by, represent=lambda page: [represent(row) for row in page]
        )

    def page_together(
        self,
        rows: QuerySet[Row],
        *,
        by: str,
        represent: Callable[[list[Row]], list[dict[str, Any]]],
    ) -> HttpResponse:
        """Return one page of rows that are represented together.

        So that what they need besides is asked for once, and not row by row; the rest is as
        `page` has it.
        """
        query = self.request.query
        column = by.lstrip("-")
        rows = self._filtered(rows)
        if "after" in query:
            comparison = "lt" if by.startswith("-") else "gt"
            rows = rows.filter(**{f"{column}__{comparison}": query["after"]})
        limit = query["limit"]
        # One more than asked for tells whether there is a next page.
        page = list(rows.order_by(by)[: limit + 1])
        following = getattr(page[limit - 1], column) if len(page) > limit else None
        return found({"data": represent(page[:limit]), "next": following})

    def _filtered(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        if self.filterset_class is None:
            return rows
        query = self.request.query
        said = {
            name: field.to_representation(query[name])
            for name, field in self.other_parameters.items()
            if name in query
        }
        filterset = self.filterset_class(said, queryset=rows)
        # Strict fields have read them.
        assert filterset.is_valid(), filterset.errors
        filtered: QuerySet[Row] = filterset.qs
        return filtered
