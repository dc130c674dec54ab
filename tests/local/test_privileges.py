"""The application's role may do everything but change the books."""

import os

import pytest
from django.conf import settings
from django.db import IntegrityError, ProgrammingError, connection, transaction
from psycopg.errors import InsufficientPrivilege, RestrictViolation

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


# Statements that touch no row are refused like the others: no table needs a row to be tried.
CHANGES = {
    "UPDATE": "UPDATE {table} SET {column} = {column} WHERE false",
    "DELETE": "DELETE FROM {table} WHERE false",
    "TRUNCATE": "TRUNCATE {table} CASCADE",
}


def change(table: str, right: str) -> None:
    with connection.cursor() as cursor:
        description = connection.introspection.get_table_description(cursor, table)
        cursor.execute(CHANGES[right].format(table=table, column=description[0].name))


@pytest.mark.parametrize("right", CHANGES)
@pytest.mark.parametrize("table", settings.APPEND_ONLY_TABLES)
def test_the_role_alone_keeps_every_book_from_being_changed(table: str, right: str) -> None:
    grant_app_role(role=APP_ROLE, append_only=settings.APPEND_ONLY_TABLES)
    with connection.cursor() as cursor:
        # Without the trigger, so that it is the role which refuses.
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"SET LOCAL ROLE {APP_ROLE}")
    with pytest.raises(ProgrammingError) as caught, transaction.atomic():
        change(table, right)
    assert isinstance(caught.value.__cause__, InsufficientPrivilege)


@pytest.mark.parametrize("right", CHANGES)
@pytest.mark.parametrize("table", settings.APPEND_ONLY_TABLES)
def test_the_trigger_alone_keeps_every_book_from_being_changed(table: str, right: str) -> None:
    # As the owner of the tables, whom no privilege holds back.
    with pytest.raises(IntegrityError, match="append-only") as caught, transaction.atomic():
        change(table, right)
    assert isinstance(caught.value.__cause__, RestrictViolation)


def test_the_role_adds_to_the_books_and_reads_them() -> None:
    grant_app_role(role=APP_ROLE, append_only=settings.APPEND_ONLY_TABLES)
    for table in settings.APPEND_ONLY_TABLES:
        assert may("INSERT", table)
        assert may("SELECT", table)
