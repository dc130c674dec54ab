"""manage.py export_subscriber: all that is held about a subscriber, as JSON."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.refusals import Refusal
from privacy.operations.export_subscriber import export_subscriber
from privacy.queries.documents import as_json


class Command(BaseCommand):
    help = "Exports everything held about a subscriber; that somebody did is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add whom, by whom and why."""
        parser.add_argument("subscriber_id", metavar="SUBSCRIBER_ID")
        parser.add_argument("--by", required=True, metavar="WHO")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--to", type=Path, metavar="FILE", help="default: printed")

    def handle(
        self, *args: Any, subscriber_id: str, by: str, reason: str, to: Path | None, **options: Any
    ) -> None:
        """Export to the file, or print."""
        try:
            document = export_subscriber(
                external_id=subscriber_id, by=by, reason=reason, now=datetime.now(UTC)
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal.detail}") from None
        if to is None:
            self.stdout.write(as_json(document).decode(), ending="")
        else:
            # Only whoever asked may read it.
            to.touch(mode=0o600)
            to.write_bytes(as_json(document))
            self.stdout.write(f"Written to {to}.")
