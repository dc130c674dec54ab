"""What holds for every table of ours."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models

from trail.tracking import Event

OURS = [
    model
    for model in apps.get_models()
    if (settings.BASE_DIR / model.__module__.split(".")[0] / "apps.py").exists()
]


def test_points_and_money_are_integers() -> None:
    for model in OURS:
        for field in model._meta.concrete_fields:
            assert not isinstance(field, models.FloatField | models.DecimalField), field


def test_whatever_has_a_person_behind_it_says_who_and_when() -> None:
    for model in OURS:
        names = {field.name for field in model._meta.concrete_fields}
        for name in names:
            if name.endswith("_by"):
                assert name.removesuffix("_by") + "_at" in names, f"{model.__name__}.{name}"


def test_every_model_that_calls_itself_append_only_is_listed_and_none_besides() -> None:
    said = {
        model._meta.db_table
        for model in OURS
        if "append-only" in (model.__doc__ or "").lower() or issubclass(model, Event)
    }
    assert said == set(settings.APPEND_ONLY_TABLES)


@pytest.mark.django_db
def test_every_append_only_table_exists_and_is_guarded() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname LIKE '%_is_append_only'"
        )
        guarded = {row[0] for row in cursor.fetchall()}
    assert guarded == set(settings.APPEND_ONLY_TABLES)
