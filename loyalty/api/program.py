"""The program: its terms, and what they would do."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from doors.api.bodies import parsed
from doors.api.views import ApiRequest, ApiView, answer, found
from kernel.money import decimal_string
from loyalty.api import examples
from loyalty.api.answers import PreviewOut
from loyalty.api.bodies import PreviewIn, charge_item, redemption_request
from loyalty.api.shown import program_shown
from loyalty.operations.preview import preview_charge, preview_redemption
from loyalty.queries.terms import terms_calendar

# An id that no client can make: it is longer than theirs may be.
_NO_ID = "preview".ljust(65, "-")


class ProgramView(ApiView):
    """The terms in force."""

    required_scopes = {"GET": "program:read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: ApiRequest) -> HttpResponse:
        """Read the program's terms as they are in force now."""
        return found(program_shown(terms_calendar().at(datetime.now(UTC))))


class PreviewView(ApiView):
    """What would happen."""

    writes_trail = False
    required_scopes = {"POST": "program:read"}

    @extend_schema(request=PreviewIn, responses={200: PreviewOut}, examples=examples.PREVIEW)
    def post(self, request: ApiRequest) -> HttpResponse:
        """Decide over a charge or a redemption without making it.

        What would be refused is refused here with the same problem; nothing is written.
        """
        now = datetime.now(UTC)
        said = parsed(PreviewIn, request.data)
        if "charge" in said:
            return answer({"charge": _charge(said["charge"], now)}, status=200)
        return answer({"redemption": _redemption(said["redemption"], now)}, status=200)


def _charge(said: dict[str, Any], now: datetime) -> dict[str, Any]:
    charge = charge_item({"occurred_at": now, **said, "charge_id": _NO_ID})
    preview = preview_charge(charge=charge, now=now)
    return {
        "points_earned": preview.outcome.points_earned,
        "points_in_review": preview.outcome.points_in_review,
        "points_to_debt": preview.outcome.points_to_debt,
        "tier": preview.tier,
        "terms": preview.terms,
        "expires_at": preview.expires_at,
    }


def _redemption(said: dict[str, Any], now: datetime) -> dict[str, Any]:
    asked = redemption_request({"reward": "bill_credit", **said, "redemption_id": _NO_ID})
    preview = preview_redemption(request=asked, now=now)
    return {
        "points": preview.points,
        "value": decimal_string(preview.value_minor),
        "status": preview.status,
        "expires_at": preview.expires_at,
    }
