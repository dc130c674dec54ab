"""Clients that could see each other's redemptions go on doing so, as a group.

Owners are kept from now on, and a client sees its own. Whoever read what another client reserved
(a CRM what billing did) would see nothing any more. Webhooks and imports have a maker that is
known, and are not shared.
"""

from typing import Any

from django.db import migrations

NAME = "Clients from before owners were kept"
_OF_REDEMPTIONS = ["redemptions:read", "redemptions:write"]


def share(apps: Any, schema_editor: Any) -> None:
    all_clients = apps.get_model("doors", "Client").objects
    found = all_clients.filter(scopes__overlap=_OF_REDEMPTIONS).order_by("pk")
    clients = list(found.values_list("pk", flat=True))
    if len(clients) > 1:
        group = apps.get_model("doors", "ClientGroup").objects.create(
            name=NAME, kinds=["redemptions"]
        )
        all_clients.filter(pk__in=clients).update(group=group)


class Migration(migrations.Migration):
    dependencies = [("doors", "0007_owners")]

    operations = [migrations.RunPython(share, migrations.RunPython.noop)]
