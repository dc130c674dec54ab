"""manage.py erase_subscriber: forget who a subscriber is, and write the proof."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.refusals import Refusal
from privacy.operations.erase_subscriber import erase_subscriber
from privacy.queries.documents import proof_of


class Command(BaseCommand):
    help = "Erases who a closed subscriber is; the books stay. Prints or writes the proof."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add whom, on what basis, and by whom."""
        parser.add_argument("subscriber_id", metavar="SUBSCRIBER_ID")
        parser.add_argument("--basis", required=True, help="such as a request and its date")
        parser.add_argument("--by", required=True, metavar="WHO", help="who decided it")
        parser.add_argument(
            "--force", default="", metavar="WHY", help="although it is active or in an open case"
        )
        parser.add_argument("--proof", type=Path, metavar="FILE", help="default: printed")

    def handle(
        self,
        *args: Any,
        subscriber_id: str,
        basis: str,
        by: str,
        force: str,
        proof: Path | None,
        **options: Any,
    ) -> None:
        """Erase, and say so."""
        try:
            erasure = erase_subscriber(
                external_id=subscriber_id,
                basis=basis,
                by=by,
                forced_because=force,
                now=datetime.now(UTC),
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal.detail}") from None
        document = proof_of(erasure)
        if proof is None:
            self.stdout.write(document.decode(), ending="")
        else:
            proof.write_bytes(document)
            self.stdout.write(f"Erased on {erasure.erased_at:%Y-%m-%d}; the proof is {proof}.")
