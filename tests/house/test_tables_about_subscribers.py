"""Whoever asks what is held about them is told all of it: no table is forgotten."""

from django.apps import apps
from django.conf import settings

from accounts.models import Identifier, Subscriber
from privacy.queries.tables import HELD


def models_with_a_key_to(*parents: type) -> set[str]:
    return {
        model._meta.label
        for model in apps.get_models()
        if (settings.BASE_DIR / model.__module__.split(".")[0] / "apps.py").exists()
        and any(field.related_model in parents for field in model._meta.concrete_fields)
    }


def test_every_table_about_subscribers_is_exported() -> None:
    listed = {held.model for held in HELD}
    assert models_with_a_key_to(Subscriber, Identifier) <= listed


def test_every_column_that_leads_to_a_subscriber_is_followed() -> None:
    for held in HELD:
        columns = {
            field.name
            for field in apps.get_model(held.model)._meta.concrete_fields
            if field.related_model is Subscriber
        }
        assert columns <= set(held.paths), held.model
