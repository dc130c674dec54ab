"""What imports say of one subscriber."""

from typing import Any

from imports.models import RowError


def row_errors_naming(*, external_id: str) -> list[dict[str, Any]]:
    """Rejected rows of a subscriber, by billing's id."""
    asked = RowError.objects.filter(row_id=external_id, imported__kind="subscribers")
    return [
        {"imported_id": each.imported_id, "line": each.line, "code": each.code}
        for each in asked.order_by("pk")
    ]
