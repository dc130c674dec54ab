"""What is kept of files that people take out of the admin."""

from collections.abc import Mapping
from datetime import datetime

from doors.models import Export


def keep_export(
    *,
    kind: str,
    key: str,
    file: str,
    asked: Mapping[str, str],
    page: str,
    request: str,
    by: str,
    now: datetime,
) -> Export:
    """Keep for good that somebody takes a file, before its first byte is sent.

    Args:
        kind: what it is about, as the audit trail has it.
        key: of the row that it is about; empty if it is about many.
        file: its name.
        asked: what narrows it; no free text, which may name a person.
        page: the address, without its query.
        request: its id.
        by: the user's name.
        now: when, timezone-aware.
    """
    return Export.objects.create(
        kind=kind,
        key=key,
        file=file,
        asked=dict(asked),
        page=page[:255],
        request=request,
        exported_at=now,
        exported_by=by,
    )
