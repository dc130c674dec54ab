"""What models, their columns and choices are called, in the reader's language.

Models are named in English and import no words, so that no migration follows a wording; their
names become translatable here, once, when everything is loaded.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from doors.translation import translated

# Libraries that bring their own translations.
_SPEAKS_RUSSIAN = ("django.", "django_celery_beat.")

Choices = Sequence[tuple[Any, Any]]


def make_translatable(models: Iterable[type[Model]]) -> None:
    """Let the names of models, columns and choices be translated wherever they are shown."""
    for model in models:
        meta = model._meta
        if not isinstance(meta.verbose_name, Promise):
            # Django makes the plural of it by adding an "s", later.
            meta.verbose_name_plural = gettext_lazy(str(meta.verbose_name_plural))
            meta.verbose_name = gettext_lazy(str(meta.verbose_name))
        for field in _columns(model):
            field.verbose_name = _lazy(field.verbose_name)
            if field.choices:
                # Equal to what migrations hold, as long as the language is English.
                choices: Any = [(value, _lazy(words)) for value, words in _pairs(field)]
                field.choices = choices


def tell_in_words(models: Iterable[type[Model]]) -> None:
    """Let what a row is called in titles and trails be translated, where a policy wrote it."""
    for model in models:
        model.__str__ = _in_words(model.__str__)  # type: ignore[method-assign, assignment]


def _in_words(written: Callable[[Model], str]) -> Callable[[Model], str]:
    def told(row: Model) -> str:
        return translated(written(row))

    return told


def shown_names() -> Iterable[str]:
    """Yield the names that the admin's lists and pages take from models as they are."""
    for model, page in admin.site._registry.items():
        if model.__module__.startswith(_SPEAKS_RUSSIAN):
            continue
        yield from _names_on(model, page)
        for inline in page.inlines:
            yield from _names_on(inline.model, inline)


def choice_names(models: Iterable[type[Model]]) -> Iterable[str]:
    """Yield the words for choices, as models have them."""
    for model in models:
        for field in _columns(model):
            yield from (str(words) for _value, words in _pairs(field))


def _names_on(model: type[Model], page: Any) -> Iterable[str]:
    yield from (str(model._meta.verbose_name), str(model._meta.verbose_name_plural))
    asked = [*getattr(page, "list_display", ()), *getattr(page, "list_filter", ())]
    asked += [*(page.fields or ()), *page.readonly_fields]
    for _title, options in page.fieldsets or ():
        asked += options["fields"]
    for each in asked:
        for name in each if isinstance(each, (list, tuple)) else [each]:
            if isinstance(name, str) and not hasattr(page, name):
                yield from _name_of(model, name.partition("__")[0])


def _name_of(model: type[Model], name: str) -> Iterable[str]:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return
    yield str(getattr(field, "verbose_name", name))


def _columns(model: type[Model]) -> "list[Field[Any, Any]]":
    return [field for field in model._meta.local_fields if isinstance(field, Field)]


def _pairs(field: "Field[Any, Any]") -> Choices:
    return list(field.flatchoices or ())


def _lazy(words: Any) -> Any:
    """A plain name as one that is translated later; what is lazy already, or a number, stays."""
    return gettext_lazy(words) if isinstance(words, str) and words else words
