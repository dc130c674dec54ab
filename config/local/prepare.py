"""What a started database still needs before it can serve; run as a process of its own.

The launcher itself stays free of Django, so that a fault in the application's code is a
message in a log and not the end of the launcher.
"""

import os

import django
from django.conf import settings
from django.core.management import call_command

from config.local.console import say
from config.local.privileges import grant_app_role
from config.local.roles import APP


def main() -> None:
    """Migrate, grant, collect static files, make the first users. Safe to repeat."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", interactive=False)
    grant_app_role(
        role=APP,
        append_only=settings.APPEND_ONLY_TABLES,
        read_only=settings.READ_ONLY_TABLES,
    )
    call_command("collectstatic", interactive=False, verbosity=0)
    ensure_admin(username=os.environ["ADMIN_USER"], password=os.environ["ADMIN_PASSWORD"])
    ensure_client(client_id=os.environ["CLIENT_ID"], client_secret=os.environ["CLIENT_SECRET"])
    say("Prepared.")


def ensure_admin(*, username: str, password: str) -> None:
    """The first user of the admin. A password changed since is left as it is."""
    from django.contrib.auth import get_user_model

    users = get_user_model()._default_manager
    if not users.filter(username=username).exists():
        users.create_superuser(username=username, password=password)


def ensure_client(*, client_id: str, client_secret: str) -> None:
    """The first OAuth client, for client credentials; it may ask for every scope."""
    from oauth2_provider.models import get_application_model
    from oauth2_provider.scopes import get_scopes_backend

    application_model = get_application_model()
    application_model._default_manager.update_or_create(
        client_id=client_id,
        defaults={
            "name": "Demo",
            "client_secret": client_secret,
            "client_type": "confidential",
            "authorization_grant_type": "client-credentials",
            "scopes": sorted(get_scopes_backend().get_all_scopes()),
        },
    )


if __name__ == "__main__":
    main()
