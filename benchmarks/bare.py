"""The floor of the API: a bare DRF view that inserts one row, on the same server."""

from typing import Any, ClassVar, cast

from django.db import models
from django.urls import include, path
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

TABLE = "CREATE TABLE bare_charge (id bigserial PRIMARY KEY, charge_id text, amount text)"


class BareCharge(models.Model):
    """What is left of a charge when nothing is done with it."""

    # Said outright: the app is in the settings of the benchmark's server only.
    objects: ClassVar[models.Manager["BareCharge"]]

    charge_id = models.TextField()
    amount = models.TextField()

    class Meta:
        app_label = "benchmarks"
        managed = False
        db_table = "bare_charge"

    def __str__(self) -> str:
        return self.charge_id


class BareView(APIView):
    """No authentication, no validation, one insert."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]

    def post(self, request: Request) -> Response:
        said = cast(dict[str, str], request.data)
        row = BareCharge.objects.create(charge_id=said["charge_id"], amount=said["amount"])
        return Response({"id": row.pk}, status=201)


urlpatterns = [
    path("api/v1/bare", BareView.as_view()),
    path("", include("config.urls")),
]
