"""manage.py rotate_vault_keys: bring the vault under the current key."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from accounts.operations.rotate_vault_keys import rotate_data_keys, rotate_wrapping_keys
from accounts.queries.vault_keys import keys_counted
from doors.jobs import Progress, moment


class Command(BaseCommand):
    help = "Wraps the keys of subscribers by the current key of the vault; safe to stop and repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what else than wrapping there is to do."""
        parser.add_argument(
            "--data-keys", action="store_true", help="give each subscriber a new key, too"
        )
        parser.add_argument(
            "--made-before",
            type=moment,
            metavar="MOMENT",
            help="with --data-keys: leave newer keys alone, to go on with a run that was stopped",
        )

    def handle(
        self, *args: Any, data_keys: bool, made_before: datetime | None, **options: Any
    ) -> None:
        """Rotate, with a progress bar."""
        current = settings.VAULT_KEY_ID
        if not data_keys:
            with Progress("Wrapping keys", total=keys_counted(other_than=current)) as progress:
                done = rotate_wrapping_keys(on_page=progress.advance)
            self.stdout.write(f"{done:,} keys were wrapped by key {current}.")
            return
        now = datetime.now(UTC)
        made_before = made_before or now
        due = keys_counted(other_than=current, made_before=made_before)
        self.stdout.write(f"If it is stopped, go on: --made-before {made_before.isoformat()}")
        with Progress("Sealing anew", total=due) as progress:
            done = rotate_data_keys(made_before=made_before, now=now, on_page=progress.advance)
        self.stdout.write(f"{done:,} subscribers have a new key.")
