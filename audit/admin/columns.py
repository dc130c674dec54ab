"""What the columns and values of a deed are called, as the pages of their own tables call them."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Field, Model
from django.utils.translation import gettext_lazy

from audit.queries.sources import SOURCES
from audit.queries.trail import OWN_COLUMNS
from fraud.admin.rule_sets.wording import wording_of as rule_set_wording
from fraud.admin.words import ACTIONS
from loyalty.admin.terms.wording import wording_of as terms_wording

# Whose columns the steps of these tables speak of.
_STEPS_OF = {
    "fraud_caseevent": "fraud.Case",
    "imports_import": "imports.Import",
    "loyalty_gatechange": "loyalty.Payout",
}
# Columns that hold a document, and the words for what stands in it.
_DOCUMENTS: Mapping[str, Callable[[str], Any]] = {
    "fraud_rulesetversionevent": rule_set_wording,
    "loyalty_termsversionevent": terms_wording,
}
# What may stand in a part of such a document.
_CHOICES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("fraud_rulesetversionevent", "content.actions"): {
        action: word.text for action, word in ACTIONS.items()
    },
}
# What sources add to a state, and steps to what the table has.
_ADDED = {
    "bytes": gettext_lazy("bytes"),
    "crontab": gettext_lazy("times"),
    "deleted": gettext_lazy("deleted"),
    "instalments": gettext_lazy("instalments"),
    "kept": gettext_lazy("kept"),
    "permission": gettext_lazy("permission"),
    "role": gettext_lazy("role"),
    "status": gettext_lazy("status"),
    "what": gettext_lazy("what"),
}


def column_shown(table: str, path: str) -> str:
    """A value's place in words; the levels of JSON stay apart."""
    column, _dot, inner = path.partition(".")
    if inner and column == "content" and table in _DOCUMENTS:
        return str(_DOCUMENTS[table](inner).name)
    field = _columns(table).get(column)
    name = field.verbose_name if field is not None else _ADDED.get(column)
    first = str(name) if name else column.replace("_", " ")
    return " › ".join((first, *inner.replace("_", " ").split("."))) if inner else first


def choice_shown(table: str, path: str, value: Any) -> Any:
    """A value by its words, if it is one of a column's choices; as it is otherwise."""
    field = _columns(table).get(path)
    if field is not None:
        choices: Mapping[str, Any] = dict(field.flatchoices or ())
    else:
        choices = _CHOICES.get((table, path.rpartition(".")[0]), {})
    return str(choices[value]) if isinstance(value, str) and value in choices else value


def column_names() -> Iterable[str]:
    """Yield what columns are called, for the catalogue of translations."""
    for source in SOURCES:
        for column, field in _columns(source.table).items():
            if column not in OWN_COLUMNS and not column.startswith("pgh_"):
                yield str(field.verbose_name)


@cache
def _columns(table: str) -> "Mapping[str, Field[Any, Any]]":
    model = _model_of(table)
    fields = model._meta.local_fields if model is not None else []
    return {field.column: field for field in fields if field.column}


def _model_of(table: str) -> type[Model] | None:
    if table in _STEPS_OF:
        return apps.get_model(_STEPS_OF[table])
    return next((model for model in apps.get_models() if model._meta.db_table == table), None)
