"""An id is one segment of an address: no slash, however it is written, and no dots alone.

The addresses come from the OpenAPI document and pass the web server's own reading.
"""

import io
from typing import Any

import orjson
import pytest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.management import CommandError, call_command

from doors.server.requests import environ_of
from imports.admin.forms import ImportForm
from outbox.admin.endpoints import EndpointForm
from tests.doors.world import ID, World, body_for, everything, ids_in, operations
from tests.journeys.conftest import Billing

pytestmark = pytest.mark.django_db

NO_IDS = ["a/b", "/a", "a/", "/", ".", ".."]
WITH_IDS = [name for name in operations() if ids_in(name) and "case_id" not in name]
BEHIND_IDS = [name for name in WITH_IDS if not name.endswith("}")]


def raw_call(by: Billing, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
    """Call an address as its bytes stand, and return the status and the problem."""
    sent = b"" if body is None else orjson.dumps(body)
    headers = {"host": "testserver", "authorization": by.token, "content-type": "application/json"}
    environ = environ_of(
        {
            "method": method, "raw_path": path.encode(), "query_string": b"", "scheme": "http",
            "http_version": "1.1", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )  # fmt: skip
    environ |= {"CONTENT_LENGTH": str(len(sent)), "wsgi.input": io.BytesIO(sent)}
    # Without the handler's signals, which would close the test's connection.
    answer: Any = WSGIHandler().get_response(WSGIRequest(environ))
    return answer.status_code, orjson.loads(answer.content) if answer.content else {}


def address(name: str, the_id: str) -> tuple[str, str]:
    method, _, path = name.partition(" ")
    for each in ids_in(name):
        path = path.replace(f"{{{each}}}", the_id)
    return method, f"/api/v1{path}"


@pytest.mark.parametrize("slash", ["%2F", "%2f"])
@pytest.mark.parametrize("name", BEHIND_IDS)
def test_a_written_out_slash_leads_nowhere(name: str, slash: str, world: World) -> None:
    method, path = address(name, ID)
    head, _, tail = path.rpartition("/")
    before = everything()
    status, problem = raw_call(
        world.owner, method, f"{head}{slash}{tail}", body_for(operations()[name])
    )
    assert (status, problem["code"]) == (400, "malformed_request")
    assert everything() == before


@pytest.mark.parametrize("the_id", [".", "%2E%2e", "a%2Fb"])
@pytest.mark.parametrize("name", WITH_IDS)
def test_what_is_no_segment_is_no_id_in_an_address(name: str, the_id: str, world: World) -> None:
    method, path = address(name, the_id)
    status, problem = raw_call(world.owner, method, path, body_for(operations()[name]))
    is_uuid = "payout_id" in name and "%2F" not in the_id
    assert (status, problem["code"]) in (
        (404, "not_found") if is_uuid else (400, "invalid"), (400, "malformed_request"),
    )  # fmt: skip


def test_what_is_written_out_besides_is_read(world: World) -> None:
    status, redemption = raw_call(world.owner, "GET", f"/api/v1/redemptions/%74{ID[1:]}", None)
    assert (status, redemption["redemption_id"]) == (200, ID)


@pytest.mark.parametrize("no_id", NO_IDS)
def test_no_form_of_the_admin_takes_one(no_id: str) -> None:
    imported = ImportForm({"import_id": no_id, "kind": "charges"})
    assert "import_id" in imported.errors
    assert "webhook_id" in EndpointForm({"webhook_id": no_id, "url": "https://a.example"}).errors


@pytest.mark.parametrize("no_id", [*NO_IDS, "x" * 65, " a", "a\x00"])
def test_no_command_takes_one(no_id: str, tmp_path: Any) -> None:
    file = tmp_path / "charges.csv"
    file.write_text("charge_id\n1\n")
    with pytest.raises(CommandError, match="no slash"):
        call_command("import_charges", str(file), import_id=no_id)
