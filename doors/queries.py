"""Questions about API clients, their tokens, and how large a table is."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django_otp.plugins.otp_totp.models import TOTPDevice

from doors.models import Client
from doors.owned import OwnedKind
from kernel.owners import EVERY_CLIENT

_ACTOR = "client:"

# By hand, because this runs with every request: building it with the ORM took ten times as long
# as the database took to answer it.
_GRANT = """
    SELECT client.client_id, token.scope, token.expires, client.reads_per_second,
        client.writes_per_second, client.daily_charge_limit_minor,
        client.daily_redemption_limit_minor, coalesce(sharing.kinds, '{}'),
        CASE WHEN client.group_id IS NULL THEN '{}' ELSE ARRAY(
            SELECT companion.client_id FROM doors_client AS companion
            WHERE companion.group_id = client.group_id
        ) END
    FROM oauth2_provider_accesstoken AS token
    JOIN doors_client AS client ON client.id = token.application_id
    LEFT JOIN doors_clientgroup AS sharing ON sharing.id = client.group_id
    WHERE token.token_checksum = %s AND client.is_enabled
"""


class Grant(NamedTuple):
    """What a token is good for, and until when; and the limits of its client.

    Attributes:
        reads_per_second, writes_per_second: None for the default, 0 for no limit.
        daily_charge_limit_minor, daily_redemption_limit_minor: kopecks; None for no limit.
        shared_kinds: of resources that the clients of its group share.
        group_client_ids: the clients of its group, itself among them; nobody without a group.
    """

    client_id: str
    scopes: frozenset[str]
    expires_at: datetime
    reads_per_second: int | None = None
    writes_per_second: int | None = None
    daily_charge_limit_minor: int | None = None
    daily_redemption_limit_minor: int | None = None
    shared_kinds: Sequence[str] = ()
    group_client_ids: Sequence[str] = ()

    @property
    def actor(self) -> str:
        """How audits name the client: `client:<client_id>`."""
        return actor_of(self.client_id)

    def owners_of(self, kind: OwnedKind) -> frozenset[str]:
        """Return the owners of the resources of a kind that the client may see and change."""
        companions = self.group_client_ids if kind in self.shared_kinds else ()
        return frozenset({self.actor, EVERY_CLIENT, *map(actor_of, companions)})


def actor_of(client_id: str) -> str:
    """Return how audits name a client."""
    return f"{_ACTOR}{client_id}"


def grant_of(*, token_checksum: str) -> Grant | None:
    """Return what the token is good for, or None if it is unknown or its client disabled."""
    with connection.cursor() as cursor:
        cursor.execute(_GRANT, [token_checksum])
        row = cursor.fetchone()
    if row is None:
        return None
    client_id, scope, *rest = row
    return Grant(client_id, frozenset(scope.split()), *rest)


def daily_charge_limit_of(*, actor: str) -> int | None:
    """Kopecks of charges that whoever audits call so may post in a day; None without a limit.

    People have none of their own, and a client that isn't there any more neither.
    """
    if not actor.startswith(_ACTOR):
        return None
    client = Client.objects.filter(client_id=actor.removeprefix(_ACTOR)).first()
    limit_minor: int | None = client and client.daily_charge_limit_minor
    return limit_minor


def has_second_factor(*, user_id: int) -> bool:
    """Whether somebody has enrolled an authenticator."""
    is_known: bool = TOTPDevice.objects.filter(user_id=user_id, confirmed=True).exists()
    return is_known


_ESTIMATE = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass"


def estimated_rows(table: str) -> int:
    """How many rows a table has by the database's own statistics; 0 before they were gathered."""
    with connection.cursor() as cursor:
        cursor.execute(_ESTIMATE, [table])
        rows: int = cursor.fetchone()[0]
    return rows
