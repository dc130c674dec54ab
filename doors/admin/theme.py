"""The theme's classes, under the types of those of Django's that they stand for."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from unfold import decorators

from doors.translation import translated

Column = TypeVar("Column", bound=Callable[..., Any])

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.core.paginator import Paginator
    from django.forms import ModelForm
else:
    from django import forms
    from django.core import paginator
    from unfold import admin as unfold_admin

    class _Subscriptable:
        def __class_getitem__(cls, model: Any) -> type:
            return cls

    class ModelAdmin(_Subscriptable, unfold_admin.ModelAdmin):
        """The theme's ModelAdmin, whose history is told in the reader's language."""

        def history_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
            answer = super().history_view(request, object_id, extra_context)
            for entry in getattr(answer, "context_data", {}).get("action_list", ()):
                entry.change_message = translated(entry.change_message)
            return answer

    class TabularInline(_Subscriptable, unfold_admin.TabularInline):
        """The theme's table of related rows."""

    class Paginator(_Subscriptable, paginator.Paginator):
        """Django's paginator."""

    class ModelForm(_Subscriptable, forms.ModelForm):
        """Django's form of a model."""


def column(
    *,
    description: Any,
    ordering: str | None = None,
    boolean: bool | None = None,
    label: bool | Mapping[str, str] | None = None,
) -> Callable[[Column], Column]:
    """Describe a method that fills a column or a read-only field.

    Args:
        label: show the value as a coloured word: one colour, or one per value; of a value with
            its word, lists take the colour by the value, and other places tell the word.
    """
    decorated: Callable[[Any], Any] = decorators.display(
        description=description, ordering=ordering, boolean=boolean, label=label
    )
    return lambda method: decorated(_labelled(method) if label else method)


class _Labelled(tuple[str, Any]):
    """A value with its word; as text it is the word."""

    __slots__ = ()

    def __str__(self) -> str:
        return str(self[1])


def _labelled(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def told(*asked: Any) -> Any:
        said = method(*asked)
        return _Labelled(said) if isinstance(said, tuple) else said

    return told


__all__ = ["ModelAdmin", "ModelForm", "Paginator", "TabularInline", "column"]
