"""Reading the tables as they are, without the code that writes them."""

from typing import Any

from django.apps import apps
from django.db import connection

from outbox.models import Event

OUR_APPS = ("accounts", "loyalty", "referrals", "fraud", "outbox")


def our_tables() -> list[str]:
    """The tables of the apps that hold facts."""
    models = [model for app in OUR_APPS for model in apps.get_app_config(app).get_models()]
    return sorted(model._meta.db_table for model in models)


def dump(*, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Every row of every table, as text: equal dumps are equal databases."""
    tables = [table for table in our_tables() if table not in without]
    found: dict[str, list[str]] = {table: [] for table in tables}
    parts = [f"SELECT '{table}', t::text FROM {table} t" for table in tables]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts) + " ORDER BY 1, 2")
        for table, row in cursor.fetchall():
            found[table].append(row)
    return found


def rows(sql: str, *parameters: Any) -> list[dict[str, Any]]:
    """Rows by column name."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def moves(subscriber_id: str) -> list[tuple[str, str, str, int]]:
    """A subscriber's entries in their order: kind, source, destination, points."""
    found = rows(
        "SELECT e.kind, e.source, e.destination, e.points FROM loyalty_entry e"
        " JOIN accounts_subscriber s ON s.id = e.subscriber_id"
        " WHERE s.external_id = %s ORDER BY e.number",
        subscriber_id,
    )
    return [(row["kind"], row["source"], row["destination"], row["points"]) for row in found]


def lots(subscriber_id: str) -> dict[int, tuple[int, int]]:
    """A subscriber's lots by number: what they were opened with and what remains."""
    found = rows(
        "SELECT l.number, l.points, l.remaining FROM loyalty_lot l"
        " JOIN accounts_subscriber s ON s.id = l.subscriber_id"
        " WHERE s.external_id = %s ORDER BY l.number",
        subscriber_id,
    )
    return {row["number"]: (row["points"], row["remaining"]) for row in found}


def wallet(subscriber_id: str) -> dict[str, Any]:
    """A subscriber's wallet, column by column."""
    [found] = rows(
        "SELECT w.* FROM loyalty_wallet w JOIN accounts_subscriber s ON s.id = w.subscriber_id"
        " WHERE s.external_id = %s",
        subscriber_id,
    )
    return found


def months(subscriber_id: str) -> dict[str, tuple[int, int, int, int]]:
    """Month totals by "YYYY-MM": revenue, points earned, benefits, points redeemed."""
    found = rows(
        "SELECT to_char(m.month, 'YYYY-MM') AS month, m.revenue_minor, m.points_earned,"
        " m.benefit_minor, m.points_redeemed FROM loyalty_subscribermonth m"
        " JOIN accounts_subscriber s ON s.id = m.subscriber_id WHERE s.external_id = %s",
        subscriber_id,
    )
    return {row.pop("month"): tuple(row.values()) for row in found}


def news(name: str) -> list[dict[str, Any]]:
    """All announced items of one name."""

    return [
        item for event in Event.objects.filter(name=name).order_by("id") for item in event.items
    ]
