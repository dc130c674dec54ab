"""Rows that were chosen for an action of a list: an address of nothing chooses nothing."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Base = ModelAdmin[Any]
else:
    Base = object

_CHOSEN = "_selected_action"


class ChosenRows(Base):
    """An admin whose actions pass over chosen keys that no row could have."""

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Answer an action; Django would look any text up as a key."""
        chosen = request.POST.getlist(_CHOSEN)
        possible = [each for each in chosen if _could_be_key(self.model, each)]
        if len(possible) < len(chosen):
            said = request.POST.copy()
            said.setlist(_CHOSEN, possible)
            request.POST = said  # type: ignore[assignment]
        return super().response_action(request, queryset, *args, **kwargs)


def _could_be_key(model: type[Model], text: str) -> bool:
    try:
        model._meta.pk.to_python(text)
    except ValidationError:
        return False
    return bool(text) and "\x00" not in text
