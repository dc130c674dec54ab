"""Give out all that is held about a subscriber."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.operations import read_personal_data, record_access
from accounts.queries.subscribers import subscriber_called
from imports.queries.subscribers import row_errors_naming
from outbox.queries.naming import news_naming
from privacy.queries.tables import rows_about

# What an export is recorded as.
EVERYTHING = "everything"


@transaction.atomic
def export_subscriber(*, external_id: str, by: str, reason: str, now: datetime) -> dict[str, Any]:
    """Everything in every table about a subscriber, the vault opened; the look is kept.

    Not for the subscriber's eyes as it is: it names what protects the program against fraud.

    Returns:
        JSON values but for dates and moments, by table.

    Raises:
        NoSuchSubscriber: billing has not reported them, or they were erased.
        ReasonForPersonalMissing: nobody would know why.
    """
    subscriber = subscriber_called(external_id)
    record_access(subscriber_id=subscriber.pk, what=[EVERYTHING], by=by, reason=reason, now=now)
    personal = read_personal_data(subscriber_id=subscriber.pk, by=by, reason=reason, now=now)
    return {
        "subscriber_id": external_id,
        "exported_at": now,
        "exported_by": by,
        "reason": reason,
        "personal_data": personal,
        "tables": {
            **dict(rows_about(subscriber.pk)),
            "imports.RowError": row_errors_naming(external_id=external_id),
            "outbox.Event": news_naming(external_id=external_id),
        },
    }
