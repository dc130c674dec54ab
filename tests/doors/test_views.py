"""A view reads first, asks who calls next, and answers every mistake with a problem."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import override_settings

from doors.api.views import ApiView
from doors.models import Client
from tests.doors.test_fields import GOOD

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.doors.charges")]

CHARGES = "/api/v1/charges"
Post = Callable[..., Any]
Bearer = Callable[..., str]


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = orjson.loads(response.content)
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"/problems/{code}"
    assert body["title"]
    return body


MALFORMED = {
    "nothing like it": b"hello",
    "nested 1,000 deep": b"[" * 1000 + b"]" * 1000,
    "nested 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "objects nested 1,000 deep": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "nested 21 deep": b'{"a":' + b"[" * 20 + b"]" * 20 + b"}",
    "unclosed": b"[" * 100_000,
    "lone surrogate": b'{"charge_id": "\\ud800"}',
    "surrogate in UTF-8": b'{"charge_id": "\xed\xa0\x80"}',
    "bad UTF-8": b'{"charge_id": "\xff"}',
    "UTF-16": '{"charge_id": 1}'.encode("utf-16"),
    "raw NUL": b'{"charge_id": "\x00"}',
    "NaN": b'{"amount": NaN}',
    "infinite": b'{"amount": 1e999}',
    "trailing comma": b'{"a": 1,}',
    "two documents": b"{}{}",
    "byte order mark": b"\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("who", ["nobody", "client"])
def test_a_malformed_body_is_400_for_everyone(
    post: Post, bearer: Bearer, who: str, body: bytes
) -> None:
    token = bearer() if who == "client" else None
    problem(post(CHARGES, body, token), 400, "malformed_json")


REPEATED = {
    "amounts": b'{"amount": "1.00", "amount": "1000.00"}',
    "equal values": b'{"a":1,"a":1}',
    "spaces": b'{"a" :1,"a"\r\n\t:2}',
    "escaped": b'{"a":1,"\\u0061":2}',
    "escaped twice": b'{"\\u0022":1,"\\"":2}',
    "no name": b'{"":1,"":2}',
    "nested": b'{"x":{"y":[[],{"a":1,"a":2}]}}',
    "objects": b'{"a":{"b":1},"a":{"c":1}}',
    "within an array": b'[{"a":1},{"a":1,"a":2}]',
    "beside a text with colons": b'{"b":"a\\":","c":":","a":1,"a":2}',
    "beside a text with braces": b'{"b":"{{{","a":1,"a":2}',
    "emoji": '{"😀":1,"\\ud83d\\ude00":2}'.encode(),
}


@pytest.mark.parametrize("body", REPEATED.values(), ids=REPEATED.keys())
@pytest.mark.parametrize("who", ["nobody", "client"])
def test_a_member_that_stands_twice_is_400(
    post: Post, bearer: Bearer, who: str, body: bytes
) -> None:
    token = bearer() if who == "client" else None
    problem(post(CHARGES, body, token), 400, "repeated_member")
    batch = b'{"charges":[' + orjson.dumps(GOOD) + b"," + body + b"]}"
    problem(post("/api/v1/charges/batch", batch, token), 400, "repeated_member")
    lines = orjson.dumps(GOOD) + b"\n" + body.replace(b"\r\n", b"")
    kind = "application/x-ndjson"
    answer = post("/api/v1/charges/batch", lines, token, content_type=kind)
    assert "Line 2:" in problem(answer, 400, "repeated_member")["detail"]


def test_the_member_that_stands_twice_is_named(post: Post, bearer: Bearer) -> None:
    answer = post(CHARGES, REPEATED["amounts"], bearer(), **{"accept-language": "ru"})
    assert "«amount»" in problem(answer, 400, "repeated_member")["detail"]


def test_20_levels_are_fine(post: Post, bearer: Bearer) -> None:
    body = b'{"a":' + b"[" * 19 + b"]" * 19 + b"}"
    problem(post(CHARGES, body, bearer()), 400, "invalid")


@pytest.mark.parametrize("who", ["nobody", "client"])
def test_an_empty_body_is_400(post: Post, bearer: Bearer, who: str) -> None:
    problem(post(CHARGES, b"", bearer() if who == "client" else None), 400, "body_missing")


def test_an_empty_body_is_fine_where_it_is_optional(post: Post, bearer: Bearer) -> None:
    response = post("/api/v1/steps/settle", b"", bearer())
    assert (response.status_code, response.json()) == (200, {})


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "/"],
)
def test_another_content_type_is_415(post: Post, bearer: Bearer, content_type: str) -> None:
    response = post(CHARGES, orjson.dumps(GOOD), bearer(), content_type=content_type)
    problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_say_its_charset(post: Post, bearer: Bearer, content_type: str) -> None:
    response = post(CHARGES, orjson.dumps(GOOD), bearer(), content_type=content_type)
    assert response.status_code == 201


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "koi8-r", "utf-7", "nonsense", "a" * 999])
def test_another_charset_is_415(post: Post, bearer: Bearer, charset: str) -> None:
    content_type = f"application/json; charset={charset}"
    response = post(CHARGES, orjson.dumps(GOOD), bearer(), content_type=content_type)
    problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "br", "deflate", "zstd", "a, gzip"])
@pytest.mark.parametrize("path", [CHARGES, "/api/v1/charges/batch", "/api/v1/imports"])
@pytest.mark.parametrize("who", ["nobody", "client"])
def test_a_packed_body_is_415(post: Post, bearer: Bearer, coding: str, path: str, who: str) -> None:
    token = bearer() if who == "client" else None
    response = post(path, b"\x1f\x8b", token, **{"content-encoding": coding})
    problem(response, 415, "unsupported_content_encoding")
    assert response["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("coding", ["identity", "Identity", "", "identity, identity"])
def test_a_body_may_say_that_it_is_not_packed(post: Post, bearer: Bearer, coding: str) -> None:
    response = post(CHARGES, orjson.dumps(GOOD), bearer(), **{"content-encoding": coding})
    assert response.status_code == 201


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_a_large_body_is_413(post: Post) -> None:
    problem(post(CHARGES, b"[" + b"1," * 1000 + b"1]"), 413, "body_too_large")


def test_half_a_body_is_400(browser: Browser, bearer: Bearer) -> None:
    line = orjson.dumps(GOOD) + b"\n"
    request = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/charges/batch",
        "CONTENT_TYPE": "application/x-ndjson",
        "CONTENT_LENGTH": str(2 * len(line)),
        "wsgi.input": BytesIO(line),
    }
    problem(browser.request(**request, HTTP_AUTHORIZATION=bearer()), 400, "body_broken")


def test_a_chunked_body_is_411(browser: Browser) -> None:
    response = browser.generic(
        "POST", CHARGES, b"", "application/json", headers={"transfer-encoding": "chunked"}
    )
    problem(response, 411, "length_required")


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml", "application/json;q=0", "image/*", "nonsense"]
)
def test_an_answer_that_nobody_could_read_is_406(post: Post, bearer: Bearer, accept: str) -> None:
    problem(post(CHARGES, orjson.dumps(GOOD), bearer(), accept=accept), 406, "not_acceptable")


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/json", "text/html, application/*;q=0.5", "APPLICATION/JSON; q=0.9", ""],
)
def test_json_is_acceptable_to_most(post: Post, bearer: Bearer, accept: str) -> None:
    assert post(CHARGES, orjson.dumps(GOOD), bearer(), accept=accept).status_code == 201


def test_a_good_body_without_a_token_is_401(post: Post) -> None:
    response = post(CHARGES, orjson.dumps(GOOD))
    problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="tenure"'


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "bearer", "nonsense"])
def test_what_is_not_a_bearer_token_is_401(post: Post, header: str) -> None:
    problem(post(CHARGES, orjson.dumps(GOOD), header), 401, "not_authenticated")


@pytest.mark.parametrize("token", ["unknown", "\x7f", "é", "a b", "x" * 5000], ids=ascii)
def test_an_unknown_token_is_401(post: Post, token: str) -> None:
    response = post(CHARGES, orjson.dumps(GOOD), f"Bearer {token}")
    problem(response, 401, "invalid_token")
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_an_expired_token_is_401(post: Post, bearer: Bearer) -> None:
    token = bearer(lives=timedelta(seconds=-1))
    problem(post(CHARGES, orjson.dumps(GOOD), token), 401, "invalid_token")


def test_the_token_of_a_disabled_client_is_401(
    post: Post, bearer: Bearer, api_client: Client
) -> None:
    token = bearer()
    Client.objects.update(is_enabled=False)
    problem(post(CHARGES, orjson.dumps(GOOD), token), 401, "invalid_token")


def test_the_scheme_of_a_token_has_no_case(post: Post, bearer: Bearer) -> None:
    token = bearer().replace("Bearer", "bEARER")
    assert post(CHARGES, orjson.dumps(GOOD), token).status_code == 201


def test_a_token_without_the_scope_is_403_naming_it(post: Post, bearer: Bearer) -> None:
    response = post(CHARGES, orjson.dumps(GOOD), bearer("wallets:read"))
    body = problem(response, 403, "insufficient_scope")
    assert body["scope"] == "charges:write"
    assert 'scope="charges:write"' in response["WWW-Authenticate"]


def test_a_token_and_its_allowance_are_asked_for_once(
    post: Post, bearer: Bearer, django_assert_num_queries: Any
) -> None:
    token = bearer()
    with django_assert_num_queries(2):
        post(CHARGES, orjson.dumps(GOOD), token)
    with django_assert_num_queries(0):
        assert post(CHARGES, orjson.dumps(GOOD), token).status_code == 201


@override_settings(TOKEN_MEMORY_SECONDS=0)
def test_a_revoked_token_is_dead_at_once_if_nothing_is_remembered(
    post: Post, bearer: Bearer
) -> None:
    token = bearer()
    assert post(CHARGES, orjson.dumps(GOOD), token).status_code == 201
    Client.objects.all().delete()
    problem(post(CHARGES, orjson.dumps(GOOD), token), 401, "invalid_token")


def test_the_first_time_is_201_and_a_repeat_200(post: Post, bearer: Bearer) -> None:
    first = post(CHARGES, orjson.dumps(GOOD), bearer())
    assert first.status_code == 201
    assert first.json() == {"charge_id": "ch-1", "actor": "client:billing"}
    assert "Idempotent-Replayed" not in first
    again = post(CHARGES, orjson.dumps({**GOOD, "charge_id": "again"}), bearer())
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")


def test_faults_of_a_body_are_named(post: Post, bearer: Bearer) -> None:
    body = {**GOOD, "amount": 1e300, "charge_id": "\x00", "x": 1}
    answer = problem(post(CHARGES, orjson.dumps(body), bearer()), 400, "invalid")
    assert {(each["pointer"], each["code"]) for each in answer["errors"]} == {
        ("/amount", "not_a_string"),
        ("/charge_id", "bad_characters"),
        ("/x", "unknown"),
    }


@pytest.mark.parametrize(
    "body", [b"null", b"7", b'"a"', b"[]", b"1" + b"0" * 300], ids=lambda body: body[:9]
)
def test_json_that_is_no_object_is_invalid(post: Post, bearer: Bearer, body: bytes) -> None:
    answer = problem(post(CHARGES, body, bearer()), 400, "invalid")
    assert answer["errors"][0]["pointer"] == ""


def test_a_batch_comes_as_json_or_ndjson(post: Post, bearer: Bearer) -> None:
    lines = b"\n".join([orjson.dumps(GOOD), b"", b"7", b""])
    path, token = "/api/v1/charges/batch", bearer()
    response = post(path, lines, token, content_type="application/x-ndjson")
    assert [len(faults) for faults in response.json()["faults"]] == [0, 1]
    response = post(path, orjson.dumps({"charges": [GOOD, 7]}), token)
    assert [len(faults) for faults in response.json()["faults"]] == [0, 1]


@pytest.mark.parametrize("line", [b"{", b"1,2", b"[" * 100_000, b'"\\ud800"', b"{}{}"])
def test_a_malformed_line_is_400_with_its_number(post: Post, bearer: Bearer, line: bytes) -> None:
    body = orjson.dumps(GOOD) + b"\n" + line
    response = post("/api/v1/charges/batch", body, bearer(), content_type="application/x-ndjson")
    assert "Line 2:" in problem(response, 400, "malformed_json")["detail"]


def test_an_upload_is_authenticated_before_it_is_read(browser: Browser, bearer: Bearer) -> None:
    kind = "multipart/form-data; boundary=x"
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n1\r\n--x--\r\n'
    response = browser.generic("POST", "/api/v1/imports", b"junk", kind)
    problem(response, 401, "not_authenticated")
    headers = {"authorization": bearer()}
    response = browser.generic("POST", "/api/v1/imports", part, kind, headers=headers)
    assert (response.status_code, response.json()) == (202, {"names": ["file"]})
    response = browser.generic(
        "POST", "/api/v1/imports", part, "multipart/form-data", headers=headers
    )
    problem(response, 400, "parse_error")
    response = browser.generic("POST", "/api/v1/imports", b"{}", "text/csv", headers=headers)
    problem(response, 415, "unsupported_media_type")


WALLET = "/api/v1/subscribers/s-1/wallet"


def test_a_query_parameter_is_read(browser: Browser, bearer: Bearer) -> None:
    response = browser.get(
        WALLET, {"as_of": "2025-06-30T00:00:00+03:00"}, headers={"authorization": bearer()}
    )
    assert response.json() == {"subscriber_id": "s-1", "as_of": "2025-06-29T21:00:00Z"}


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("as_of=yesterday", "as_of", "not_an_instant"),
        ("as_of=2025-06-30", "as_of", "not_an_instant"),
        ("as_of=2025-06-30T00:00:00+03:00", "as_of", "not_an_instant"),
        ("as_of=%00", "as_of", "not_an_instant"),
        ("as_of=", "as_of", "not_an_instant"),
        ("as_of=%ff", "as_of", "not_an_instant"),
        ("nonsense=1", "nonsense", "unknown"),
        ("a%00b=1", "a\x00b", "unknown"),
        ("%ED%A0%80=1", "\ufffd\ufffd\ufffd", "unknown"),
    ],
)
def test_a_faulty_query_parameter_is_400(
    browser: Browser, bearer: Bearer, query: str, parameter: str, code: str
) -> None:
    response = browser.get(f"{WALLET}?{query}", headers={"authorization": bearer()})
    (fault,) = problem(response, 400, "invalid")["errors"]
    assert (fault["parameter"], fault["code"]) == (parameter, code)


def test_a_flood_of_parameters_is_400(browser: Browser, bearer: Bearer) -> None:
    query = "&".join(f"x{n}=1" for n in range(1500))
    response = browser.get(f"{WALLET}?{query}", headers={"authorization": bearer()})
    problem(response, 400, "malformed_request")


def test_a_post_has_no_parameters(post: Post, bearer: Bearer) -> None:
    problem(post(f"{CHARGES}?dry_run=1", orjson.dumps(GOOD), bearer()), 400, "invalid")


@pytest.mark.parametrize("part", ["заказ 7", "a%b", "x" * 64, "a?b#c", "..."])
def test_any_printable_id_can_stand_in_an_address(
    browser: Browser, bearer: Bearer, part: str
) -> None:
    response = browser.get(
        f"/api/v1/subscribers/{quote(part, safe='')}/wallet", headers={"authorization": bearer()}
    )
    assert response.json() == {"subscriber_id": part}


@pytest.mark.parametrize("part", ["x" * 65, "a%00b", "%20a", "a%E2%80%8Bb", "a%7F", ".", ".."])
def test_what_could_be_no_id_is_400_in_an_address(
    browser: Browser, bearer: Bearer, part: str
) -> None:
    response = browser.get(
        f"/api/v1/subscribers/{part}/wallet", headers={"authorization": bearer()}
    )
    (fault,) = problem(response, 400, "invalid")["errors"]
    assert fault["parameter"] == "subscriber_id"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nope",
        "/api",
        "/api/",
        "/oauth/authorize/",
        "/api/v1/%00",
        "/api/v1/%ff",
        "/api/v1/%0A",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "BREW"])
def test_an_unknown_address_is_404(browser: Browser, method: str, path: str) -> None:
    problem(browser.generic(method, path, b"{"), 404, "not_found")


@pytest.mark.parametrize(
    "path", ["/api/v1/charges/", "/api/v1/schema/", "/oauth/token/", WALLET + "/"]
)
def test_a_trailing_slash_is_another_address(browser: Browser, path: str) -> None:
    problem(browser.get(path), 404, "not_found")
    problem(browser.post(path), 404, "not_found")


def test_the_admin_keeps_its_slashes_and_pages(browser: Browser) -> None:
    response = browser.get("/admin")
    assert (response.status_code, response["Location"]) == (301, "/admin/")
    response = browser.get("/nowhere")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "TRACE", "BREW", "HEAD"])
def test_another_method_is_405_naming_the_known_ones(browser: Browser, method: str) -> None:
    response = browser.generic(method, CHARGES, b"{")
    assert response.status_code == 405
    assert response["Allow"] == "POST, OPTIONS"


def test_options_names_the_methods_to_everyone(browser: Browser) -> None:
    response = browser.options(WALLET)
    assert (response.status_code, response["Allow"]) == (204, "GET, HEAD, OPTIONS")


def test_head_needs_what_get_needs(browser: Browser, bearer: Bearer) -> None:
    assert browser.head(WALLET).status_code == 401
    response = browser.head(WALLET, headers={"authorization": bearer("wallets:read")})
    assert (response.status_code, response.content) == (200, b"")


def test_a_host_that_is_not_ours_is_400(browser: Browser) -> None:
    response = browser.get(WALLET, headers={"host": "elsewhere.example"})
    problem(response, 400, "malformed_request")


@pytest.mark.parametrize(
    ("how", "status", "code", "retry_after"),
    [
        ("refusal", 422, "not_enough_points", None),
        ("not-found", 404, "not_found", None),
        ("in-flight", 409, "in_flight", "1"),
        ("lock", 409, "in_flight", "1"),
        ("raw-lock", 409, "in_flight", "1"),
        ("deadlock", 503, "try_again", "1"),
        ("serialization", 503, "try_again", "1"),
        ("lost", 503, "unavailable", "5"),
    ],
)
def test_an_expected_failure_is_a_problem(
    browser: Browser, how: str, status: int, code: str, retry_after: str | None
) -> None:
    response = browser.get(f"/api/v1/failing/{how}")
    problem(response, status, code)
    assert response.get("Retry-After") == retry_after


def test_a_refusal_shows_its_facts_but_keeps_its_code(browser: Browser) -> None:
    body = problem(browser.get("/api/v1/failing/refusal"), 422, "not_enough_points")
    assert body["spendable"] == 31
    assert body["detail"] == "31 points are spendable."


def test_our_own_mistake_is_500_with_a_request_id_and_no_secret(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    response = browser.get("/api/v1/failing/ours", headers={"x-request-id": "abc-1"})
    body = problem(response, 500, "internal_error")
    assert body["request_id"] == "abc-1"
    assert b"secret" not in response.content
    assert "Request abc-1 failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    response = browser.get("/api/v1/failing/ours", headers={"x-request-id": "<b>"})
    assert len(problem(response, 500, "internal_error")["request_id"]) == 32


def test_a_page_for_people_fails_as_one(browser: Browser) -> None:
    response = browser.get("/failing-page")
    assert response.status_code == 500
    assert response["Content-Type"].startswith("text/html")


def test_a_method_without_a_scope_is_found_at_the_start() -> None:
    class Forgetful(ApiView):
        required_scopes = {"GET": "wallets:read"}

        def post(self, request: Any) -> HttpResponse:
            raise NotImplementedError

    with pytest.raises(AssertionError, match="without a scope"):
        Forgetful.as_view()


def test_sessions_and_languages_are_for_people_only(post: Post, bearer: Bearer) -> None:
    response = post(CHARGES, orjson.dumps(GOOD), bearer(), **{"accept-language": "ru"})
    assert response.status_code == 201
    assert "Content-Language" not in response
    assert "Vary" not in response
    assert response["X-Content-Type-Options"] == "nosniff"


def test_the_admin_logs_people_in(browser: Browser, admin_user: Any) -> None:
    browser.force_login(admin_user)
    page = browser.get("/admin/", headers={"accept-language": "ru"})
    assert page.status_code == 200
    assert page["Content-Language"] == "ru"
