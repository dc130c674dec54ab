"""What the application's database role may do: everything but change the books."""

from collections.abc import Iterable

from django.db import connection, transaction
from psycopg import sql


@transaction.atomic
def grant_app_role(*, role: str, append_only: Iterable[str], read_only: Iterable[str] = ()) -> None:
    """Give `role` its rights on every table, after migrations. Safe to repeat.

    Args:
        role: a login that owns nothing.
        append_only: names of tables whose rows it may add and read, and never change.
        read_only: names of tables that it may read.
    """
    app = sql.Identifier(role)
    owner = sql.SQL("CURRENT_USER")
    rights = sql.SQL("SELECT, INSERT, UPDATE, DELETE")
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(app),
        sql.SQL("GRANT {} ON ALL TABLES IN SCHEMA public TO {}").format(rights, app),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(app),
        sql.SQL(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT {} ON TABLES TO {}"
        ).format(owner, rights, app),
        sql.SQL(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public "
            "GRANT USAGE, SELECT ON SEQUENCES TO {}"
        ).format(owner, app),
        *(
            sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(
                sql.Identifier("public", table), app
            )
            for table in append_only
        ),
        *(
            sql.SQL("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(
                sql.Identifier("public", table), app
            )
            for table in read_only
        ),
    ]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.as_string(None))
