"""manage.py reseal_secrets: bring the secrets of webhooks under the first key."""

from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from outbox.operations.reseal_secrets import reseal_secrets
from outbox.policy.sealing import NoKeys


class Command(BaseCommand):
    help = "Seals the secrets of webhooks by the first of SECRETS_KEYS; the others may go then."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal, and say how many."""
        try:
            number = reseal_secrets()
        except NoKeys as missing:
            raise CommandError(str(missing)) from None
        except InvalidToken:
            raise CommandError(
                "A secret lies under a key that SECRETS_KEYS doesn't name; nothing was changed."
            ) from None
        self.stdout.write(f"The secrets of {number:,} webhooks are sealed by the first key.")
