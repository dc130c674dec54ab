"""Requests are counted per client, and whoever asks too often hears how long to wait."""

import base64
import re
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client as Browser
from django.test import RequestFactory

from doors import rates
from doors.addresses import client_address
from doors.models import Allowance, Client
from doors.rates import Rate, forget_leases, take_one

pytestmark = pytest.mark.django_db

Bearer = Callable[..., str]
READ = "/api/v1/program"
FIELD = re.compile(r'"(\w+)";(\w)=(\d+);(\w)=(\d+)')


def told(response: Any, name: str) -> tuple[str, dict[str, int]]:
    found = FIELD.fullmatch(response[name])
    assert found is not None, response[name]
    return found[1], {found[2]: int(found[3]), found[4]: int(found[5])}


@pytest.fixture
def read(browser: Browser, bearer: Bearer) -> Callable[..., Any]:
    header = bearer()
    return lambda: browser.get(READ, headers={"authorization": header})


def test_every_answer_says_what_is_left(read: Callable[..., Any]) -> None:
    first, second = read(), read()
    assert told(first, "RateLimit-Policy") == ("reads", {"q": 10_000, "w": 10})
    kind, left = told(first, "RateLimit")
    assert (kind, set(left)) == ("reads", {"r", "t"})
    assert 9_900 <= left["r"] <= 10_000
    assert 9_900 <= told(second, "RateLimit")[1]["r"] <= 10_000


def test_too_many_requests_are_a_problem_with_the_seconds_to_wait(
    settings: Any, read: Callable[..., Any]
) -> None:
    settings.READS_PER_SECOND = 1
    assert [read().status_code for _ in range(10)] == [200] * 10
    refused = read()
    body = refused.json()
    assert (refused.status_code, body["code"], body["status"]) == (429, "rate_limited", 429)
    assert refused["Content-Type"] == "application/problem+json"
    assert refused["Retry-After"] == "1"
    assert told(refused, "RateLimit")[1]["r"] == 0


def test_reads_and_writes_are_counted_apart(
    settings: Any, read: Callable[..., Any], post: Callable[..., Any], bearer: Bearer
) -> None:
    settings.READS_PER_SECOND = 1
    for _ in range(11):
        last = read()
    assert last.status_code == 429
    written = post("/api/v1/charges", b"{}", bearer())
    assert written.status_code == 400
    assert told(written, "RateLimit-Policy") == ("writes", {"q": 10_000, "w": 10})


def test_a_batch_is_one_request(
    api_client: Client, post: Callable[..., Any], bearer: Bearer
) -> None:
    Client.objects.update(writes_per_second=1)
    lines = b'{"charges": [' + b",".join([b"{}"] * 100) + b"]}"
    assert [post("/api/v1/charges/batch", lines, bearer()).status_code for _ in range(11)] == [
        *[200] * 10,
        429,
    ]


def test_a_client_has_limits_of_its_own(
    settings: Any, api_client: Client, read: Callable[..., Any]
) -> None:
    settings.READS_PER_SECOND = 1
    Client.objects.update(reads_per_second=2)
    assert told(read(), "RateLimit-Policy") == ("reads", {"q": 20, "w": 10})


def test_nothing_is_counted_without_a_limit(
    api_client: Client, browser: Browser, bearer: Bearer
) -> None:
    Client.objects.update(reads_per_second=0)
    response = browser.get(READ, headers={"authorization": bearer()})
    assert response.status_code == 200
    assert not response.has_header("RateLimit")
    assert not Allowance.objects.exists()


def test_what_is_forbidden_counts_and_what_is_unknown_has_nobody_to_count_for(
    browser: Browser, bearer: Bearer
) -> None:
    forbidden = browser.get(READ, headers={"authorization": bearer("cases:read")})
    assert forbidden.status_code == 403
    assert forbidden.has_header("RateLimit")
    assert not browser.get(READ).has_header("RateLimit")


def test_tokens_are_asked_for_a_few_times_a_minute(settings: Any, browser: Browser) -> None:
    settings.TOKENS_PER_MINUTE = 3

    def ask(client_id: str, **headers: str) -> Any:
        pair = base64.b64encode(f"{client_id}:guess".encode()).decode()
        return browser.post(
            "/oauth/token",
            "grant_type=client_credentials",
            content_type="application/x-www-form-urlencoded",
            headers={"authorization": f"Basic {pair}"},
        )

    assert [ask("billing").status_code for _ in range(4)] == [401, 401, 401, 429]
    refused = ask("billing")
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused["Retry-After"]) <= 20
    # The client itself asks from another place, and is not locked out by whoever guesses.
    assert ask("crm").status_code == 401


SLOW = Rate(4, 8)


def test_an_allowance_comes_back_with_time() -> None:
    assert [take_one(name="a", rate=SLOW).is_allowed for _ in range(5)] == [*[True] * 4, False]
    refused = take_one(name="a", rate=SLOW)
    assert (refused.remaining, refused.wait_seconds) == (0, 2)
    _let_pass("a", 2.1)
    assert [take_one(name="a", rate=SLOW).is_allowed for _ in range(2)] == [True, False]


def test_processes_share_one_allowance() -> None:
    rate = Rate(20, 1)
    allowed, began = 0, monotonic()
    for _ in range(100):
        # Each time another process, which has leased nothing and uses one of its two.
        forget_leases()
        allowed += take_one(name="b", rate=rate).is_allowed
    came_back = (monotonic() - began) * rate.requests
    assert 10 <= allowed <= 11 + came_back < 100


def test_a_lease_costs_one_statement(django_assert_num_queries: Any) -> None:
    rate = Rate(1_000, 1)
    with django_assert_num_queries(1):
        for _ in range(rate.lease):
            assert take_one(name="c", rate=rate).is_allowed
    with django_assert_num_queries(1):
        take_one(name="c", rate=rate)


def test_whoever_goes_on_asking_costs_no_statement(django_assert_num_queries: Any) -> None:
    for _ in range(5):
        take_one(name="d", rate=SLOW)
    with django_assert_num_queries(0):
        assert not take_one(name="d", rate=SLOW).is_allowed


def test_allowances_that_are_long_whole_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    take_one(name="old", rate=SLOW)
    _let_pass("old", 2 * 3_600)
    monkeypatch.setattr(rates._Sweeping, "at", rates._Sweeping.at - 700)
    take_one(name="new", rate=SLOW)
    assert set(Allowance.objects.values_list("name", flat=True)) == {"new"}


def test_the_counters_are_not_written_to_the_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'doors_allowance'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.parametrize("kind", ["charge", "redemption"])
def test_client_daily_limits_are_not_negative(api_client: Client, kind: str) -> None:
    name = f"client_daily_{kind}_limit_is_not_negative"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Client.objects.update(**{f"daily_{kind}_limit_minor": -1})


PROXY, INNER, CLIENT, FORGED = "10.0.0.1", "10.0.0.2", "203.0.113.7", "198.51.100.9"


@pytest.mark.parametrize(
    ("trusted", "remote", "forwarded", "address"),
    [
        ([], CLIENT, None, CLIENT),
        ([], CLIENT, FORGED, CLIENT),
        (["10.0.0.0/8"], CLIENT, FORGED, CLIENT),
        (["10.0.0.0/8"], PROXY, CLIENT, CLIENT),
        (["10.0.0.0/8"], PROXY, f"{FORGED}, {CLIENT}", CLIENT),
        (["10.0.0.0/8"], PROXY, f"{FORGED}, {CLIENT}, {INNER}", CLIENT),
        (["10.0.0.0/8"], PROXY, f"{CLIENT}, rubbish", PROXY),
        (["10.0.0.0/8"], PROXY, None, PROXY),
        (["2001:db8::/32"], "2001:db8::1", "2001:DB8:1:0::2, 2a00::5", "2a00::5"),
    ],
)
def test_the_address_is_what_trusted_proxies_say(
    settings: Any, trusted: list[str], remote: str, forwarded: str | None, address: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=remote)
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    assert client_address(request) == address


def _let_pass(name: str, seconds: float) -> None:
    """Let an allowance be paid for earlier, and the process forget what it leased."""
    moved = Allowance.objects.get(pk=name)
    moved.paid_until_us -= int(seconds * 1_000_000)
    moved.save()
    forget_leases()
