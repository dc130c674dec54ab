"""`python -m config.deployment.prepare`: migrate as the tables' owner, and grant the rest.

The one place where a production database changes its shape; no part of the application does so
when it starts. Safe to repeat, and to stop: each migration is a transaction, and what has been
done is noted.
"""

import argparse
import os
import sys
import time

import django
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from psycopg import errors

from config.local.console import complain, say
from config.local.privileges import grant_app_role

# A migration that can't have its lock at once gives way to the requests that wait behind it,
# and is tried again.
_LOCK_TIMEOUT = "3s"
_STATEMENT_TIMEOUT = "30min"
_ATTEMPTS = 10
_PAUSE_SECONDS = 5.0


def main() -> int:
    """Migrate and grant; 1 if a lock could not be had."""
    options = _options()
    owner = os.environ.get("OWNER_DATABASE_URL")
    if owner:
        os.environ["DATABASE_URL"] = owner
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if not migrated(options.attempts):
        complain("A migration found its table busy each time: try again at a quieter hour.")
        return 1
    grant_app_role(
        role=options.app_role,
        append_only=settings.APPEND_ONLY_TABLES,
        read_only=settings.READ_ONLY_TABLES,
    )
    say("Prepared.")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--app-role", default=os.environ.get("APP_ROLE", "tenure_app"))
    parser.add_argument("--attempts", type=int, default=_ATTEMPTS)
    return parser.parse_args()


def migrated(attempts: int) -> bool:
    """Migrate, as often as it takes to have each lock; False if that wasn't enough."""
    for attempt in range(1, attempts + 1):
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
                cursor.execute(f"SET statement_timeout = '{_STATEMENT_TIMEOUT}'")
            call_command("migrate", interactive=False)
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.LockNotAvailable):
                raise
            say(f"A table is busy ({attempt} of {attempts}); once more in a moment.")
            time.sleep(_PAUSE_SECONDS)
        else:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
