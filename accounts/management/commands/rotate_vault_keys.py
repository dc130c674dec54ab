"""manage.py rotate_vault_keys: bring the vault under the current key."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from accounts.operations.rotate_vault_keys import rotate_data_keys, rotate_wrapping_keys
from accounts.queries.vault_keys import keys_counted
from doors.jobs import JobCommand, Progress


class Command(JobCommand):
    help = "Wraps the keys of subscribers by the current key of the vault; safe to stop and repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--data-keys`."""
        super().add_arguments(parser)
        parser.add_argument(
            "--data-keys",
            action="store_true",
            help="give each subscriber a new key, too; --as-of goes on with a run of that moment",
        )

    def run(self, *, now: datetime, **options: Any) -> str:
        """Rotate, with a progress bar."""
        current = settings.VAULT_KEY_ID
        if options["data_keys"]:
            due = keys_counted(other_than=current, made_before=now)
            with Progress("Sealing anew", total=due) as progress:
                done = rotate_data_keys(now=now, on_page=progress.advance)
            return f"{done:,} subscribers have a new key, made as of {now.isoformat()}."
        due = keys_counted(other_than=current)
        with Progress("Wrapping keys", total=due) as progress:
            done = rotate_wrapping_keys(on_page=progress.advance)
        return f"{done:,} keys were wrapped by key {current}."
