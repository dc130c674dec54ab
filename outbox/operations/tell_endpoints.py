"""All that a client may change about an endpoint in one go."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from kernel.owners import EVERYBODY, Owners
from outbox.models import Endpoint
from outbox.operations.register_endpoints import change_endpoint
from outbox.operations.switch_endpoints import disable_endpoint, enable_endpoint
from outbox.policy.endpoints import DISABLED, ENABLED

_REASON = "Disabled by its client."


@transaction.atomic
def tell_endpoint(
    *,
    webhook_id: str,
    changes: Mapping[str, object],
    by: str,
    now: datetime,
    owners: Owners = EVERYBODY,
) -> Endpoint:
    """Change an endpoint's address, events, description or status. Safe to repeat.

    Args:
        changes: any of `url`, `description`, `names` and `status`; what is absent stays.
        owners: whose it may be.

    Raises:
        UnknownWebhook: there is none with this id.
        WebhookAddressRefused, UnknownEventName: it can't be had.
    """
    others = {name: value for name, value in changes.items() if name != "status"}
    endpoint = change_endpoint(webhook_id=webhook_id, changes=others, by=by, now=now, owners=owners)
    status = changes.get("status")
    if status == ENABLED:
        return enable_endpoint(webhook_id=webhook_id, by=by, now=now)
    if status == DISABLED:
        return disable_endpoint(webhook_id=webhook_id, reason=_REASON, by=by, now=now)
    return endpoint
