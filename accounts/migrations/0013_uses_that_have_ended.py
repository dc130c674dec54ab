"""Uses of before: closed lines have no numbers, devices and addresses, and nobody a former number.

When a former number was given up nobody has written down: it was seen with its line for the last
time then. Safe to repeat; a commit per page.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SUBSCRIBERS_PER_PAGE = 10_000
PASSING_KINDS = ["phone", "device", "ip", "address"]

_CLOSED = """
    UPDATE accounts_identifieruse AS u SET ended_at = s.closed_at
    FROM accounts_subscriber s, accounts_identifier i
    WHERE s.id >= %s AND s.id < %s AND s.status = 'closed'
        AND u.subscriber_id = s.id AND i.id = u.identifier_id AND i.kind = ANY(%s)
        AND u.ended_at IS NULL
"""
_FORMER = """
    UPDATE accounts_identifieruse AS u
    SET given_up_at = u.last_seen_at, given_up_said_at = u.last_seen_at,
        ended_at = least(u.ended_at, u.last_seen_at)
    FROM accounts_subscriber s, accounts_identifier i, accounts_identifieruse present
    WHERE s.id >= %s AND s.id < %s AND u.subscriber_id = s.id
        AND i.id = u.identifier_id AND i.kind = 'phone' AND u.identifier_id <> s.msisdn_id
        AND present.subscriber_id = s.id AND present.identifier_id = s.msisdn_id
        AND u.last_seen_at < present.last_seen_at AND u.given_up_at IS NULL
"""
_LAST = "SELECT coalesce(max(id), 0) FROM accounts_subscriber"


def end_uses(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_LAST)
        [last] = cursor.fetchone()
        for start in range(1, last + 1, SUBSCRIBERS_PER_PAGE):
            page = [start, start + SUBSCRIBERS_PER_PAGE]
            cursor.execute(_CLOSED, [*page, PASSING_KINDS])
            cursor.execute(_FORMER, page)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0012_uses_have_an_end")]

    operations = [migrations.RunPython(end_uses, migrations.RunPython.noop)]
