"""The application's role may do everything but change the books."""

import os

import pytest
from django.conf import settings
from django.db import connection

from config.local.privileges import grant_app_role

pytestmark = pytest.mark.django_db

APP_ROLE = os.environ.get("APP_ROLE", "tenure_app")


def may(right: str, table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [APP_ROLE, table, right])
        row = cursor.fetchone()
    assert row is not None
    return bool(row[0])


@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
def test_never_changes_an_append_only_table(right: str) -> None:
    grant_app_role(role=APP_ROLE, append_only=["django_admin_log"])

    assert not may(right, "django_admin_log")


@pytest.mark.parametrize("right", ["SELECT", "INSERT"])
def test_reads_and_adds_to_an_append_only_table(right: str) -> None:
    grant_app_role(role=APP_ROLE, append_only=["django_admin_log"])

    assert may(right, "django_admin_log")


@pytest.mark.parametrize("right", ["SELECT", "INSERT", "UPDATE", "DELETE"])
def test_reads_and_changes_other_tables(right: str) -> None:
    grant_app_role(role=APP_ROLE, append_only=["django_admin_log"])

    assert may(right, "auth_user")


def test_can_be_granted_again_after_every_migration() -> None:
    grant_app_role(role=APP_ROLE, append_only=[])
    grant_app_role(role=APP_ROLE, append_only=["django_admin_log"])

    assert not may("UPDATE", "django_admin_log")


@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
def test_the_books_and_the_trail_are_among_them(right: str) -> None:
    grant_app_role(role=APP_ROLE, append_only=settings.APPEND_ONLY_TABLES)

    assert [table for table in settings.APPEND_ONLY_TABLES if may(right, table)] == []
