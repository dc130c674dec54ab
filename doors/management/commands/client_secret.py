"""Give an API client a new secret, or end its former one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from doors.clients import (
    OVERLAP_DEFAULT,
    OverlapOutOfRange,
    end_previous_secret,
    replace_client_secret,
    rotate_client_secret,
)
from doors.models import Client

_HOUR = timedelta(hours=1)


class Command(BaseCommand):
    help = (
        "Give an API client a new secret, printed this once. The present one goes on working for"
        " --hours, unless --at-once is said: then it ends with every token. --end-former ends a"
        " former secret before its time, with every token, and makes no new one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client_id")
        way = parser.add_mutually_exclusive_group()
        way.add_argument(
            "--hours",
            type=float,
            default=OVERLAP_DEFAULT / _HOUR,
            help="how long the present secret goes on working (default: %(default)g)",
        )
        way.add_argument("--at-once", action="store_true")
        way.add_argument("--end-former", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Call the verb that was chosen, and print what only it knows."""
        now = datetime.now(UTC)
        try:
            self.stdout.write(self._done(options, now))
        except (Client.DoesNotExist, OverlapOutOfRange) as error:
            raise CommandError(str(error)) from None

    def _done(self, options: dict[str, Any], now: datetime) -> str:
        client_id = options["client_id"]
        if options["end_former"]:
            end_previous_secret(client_id=client_id)
            return f"{client_id} has one secret, and no token got before now."
        if options["at_once"]:
            _, secret = replace_client_secret(client_id=client_id)
            return secret
        overlap = timedelta(hours=options["hours"])
        _, secret = rotate_client_secret(client_id=client_id, now=now, overlap=overlap)
        self.stderr.write(f"The former secret works until {(now + overlap).isoformat()}.")
        return secret
