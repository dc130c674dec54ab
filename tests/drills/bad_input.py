"""Bad input gets a clear problem, with a token and without, and nothing is written."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tests.drills.client import Answer, Client
from tests.drills.findings import Findings
from tests.drills.instance import Instance
from tests.drills.races import Races
from tests.drills.words import (
    charge_body,
    fresh,
    redemption_body,
    refund_body,
    subscriber_body,
)

ABSENT = object()


class Bad(NamedTuple):
    """A request that must be refused, and how."""

    name: str
    method: str
    path: str
    body: Any
    status: int
    code: str = "invalid"

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    @property
    def is_readable(self) -> bool:
        return self.code not in ("malformed_json", "body_missing")


class BadInput:
    """What a careless client sends."""

    def __init__(self, instance: Instance, client: Client, found: Findings) -> None:
        self.instance, self.client, self.found = instance, client, found
        self.races = Races(instance, client, found)

    def run(self) -> None:
        """Send all of it, and count the rows of every table before and after."""
        person = self.races.subscriber()
        self.charge = charge_body(person, amount="500.00")
        self.races.charge(self.charge)
        closed = self.races.subscriber()
        yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        answer = self.client.call(
            "PUT",
            f"/subscribers/{closed}",
            subscriber_body(status="closed", closed_at=yesterday),
        )
        self.found.expect(answer.status == 200, f"closing: {answer.status} {answer.raw!r}")
        released = redemption_body(person, 100)
        self.races.reserve(released)
        self.races.step(person, released["redemption_id"], "release")
        capped = self._rich()

        cases = [
            *self._charges(person, closed),
            *self._unreadable(person),
            *self._others(person, closed, capped, released["redemption_id"]),
        ]
        before = self.instance.row_counts()
        for case in cases:
            self._send(case)
        after = self.instance.row_counts()
        changed = {
            name: (before[name], after[name]) for name in after if after[name] != before[name]
        }
        self.found.expect(not changed, f"refused requests wrote: {changed}")
        self.found.measured(f"{len(cases)} requests, each with a token and without")

    def _rich(self) -> str:
        """Somebody with more points than may be redeemed in a month."""
        person = self.races.subscriber()
        for days in (1, 40):
            at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
            self.races.charge(charge_body(person, amount="499000.00", occurred_at=at))
        return person

    def _charges(self, person: str, closed: str) -> Iterator[Bad]:
        future = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
        changes: list[tuple[str, dict[str, Any], int, str]] = [
            ("unknown subscriber", {"subscriber_id": "nobody"}, 422, "unknown_subscriber"),
            (
                "closed subscriber",
                {"subscriber_id": closed, "occurred_at": datetime.now(UTC).isoformat()},
                422,
                "subscriber_closed",
            ),
            ("future", {"occurred_at": future}, 422, "occurred_in_the_future"),
            ("id reused", {**self.charge, "amount": "1.00"}, 422, "id_reused"),
        ]
        values: dict[str, list[Any]] = {
            "amount": [
                "0", "0.00", "-1.00", "1.005", "1e3", "1,00", "", " 1", "1 ", "+1", "١",
                "NaN", "Infinity", "9" * 40, "1.", ".5", "0x1", 1, 1.5, None, True, [], {}, ABSENT,
            ],
            "currency": ["USD", "rub", "", 643, None, ABSENT],
            "kind": ["gift", "Service", "", 1, None, [], ABSENT],
            "charge_id": ["", "x" * 65, "a\u0000b", "a\nb", "\u202e", 7, None, [], {}, ABSENT],
            "subscriber_id": ["", "x" * 65, "a\u0000b", 7, None, ["S"], ABSENT],
            "occurred_at": [
                "2026-11-01", "2026-11-01T10:00:00", "2026-02-30T10:00:00Z", "now", 1790000000,
                "2026-11-01T25:00:00Z", "0000-01-01T00:00:00Z", "99999-01-01T00:00:00Z",
                "2026-11-01T10:00:00+99:00", None, ABSENT,
            ],
            "surprise": [1],
        }  # fmt: skip
        for name, each in values.items():
            changes += [(f"{name} {value!r:.40}", {name: value}, 400, "invalid") for value in each]
        for said, change, status, code in changes:
            body = {**charge_body(person), **change}
            body = {name: value for name, value in body.items() if value is not ABSENT}
            yield Bad(f"charge: {said}", "POST", "/charges", body, status, code)
        too_many = {"charges": [charge_body(person) for _ in range(10_001)]}
        yield Bad("batch of 10,001", "POST", "/charges/batch", too_many, 400)
        yield Bad("batch that is a list", "POST", "/charges/batch", [charge_body(person)], 400)

    def _unreadable(self, person: str) -> Iterator[Bad]:
        good = json.dumps(charge_body(person)).encode()
        deep = b'{"a":' * 1000 + b"1" + b"}" * 1000
        bodies = {
            "no JSON": b"not json",
            "two documents": good + good,
            "half a document": good[:-5],
            "trailing comma": good[:-1] + b",}",
            "NaN": b'{"amount": NaN}',
            "lone surrogate": b'{"charge_id": "\\ud800"}',
            "surrogates in a name": b'{"\\udfff": 1}',
            "NUL byte": b"\x00",
            "bad UTF-8": b'{"charge_id": "\xff\xfe"}',
            "overlong UTF-8": b'{"charge_id": "\xc0\xaf"}',
            "UTF-16": good.decode().encode("utf-16"),
            "a thousand deep": deep,
            "a thousand lists deep": b"[" * 1000 + b"]" * 1000,
            "never closed": b"[" * 100_000,
        }
        for path in (
            "/charges",
            "/charges/batch",
            "/redemptions",
            "/referrals",
            "/program/preview",
        ):
            for name, body in bodies.items():
                yield Bad(f"{path}: {name}", "POST", path, body, 400, "malformed_json")
            yield Bad(f"{path}: nothing", "POST", path, b"", 400, "body_missing")
        path = f"/subscribers/{person}"
        for name, body in bodies.items():
            yield Bad(f"subscriber: {name}", "PUT", path, body, 400, "malformed_json")
        for text in (b"null", b"[]", b'"x"', b"7", b"true", b"{}"):
            yield Bad(f"a body of {text!r}", "POST", "/charges", text, 400)

    def _others(self, person: str, closed: str, capped: str, released: str) -> Iterator[Bad]:
        path = f"/charges/{self.charge['charge_id']}/refunds"
        refunds: list[tuple[dict[str, Any], int, str]] = [
            ({"amount": "500.01"}, 422, "refund_above_charge"),
            ({"amount": "0"}, 400, "invalid"),
            ({"amount": 5}, 400, "invalid"),
            ({"currency": "USD"}, 400, "invalid"),
            ({"reason": "whim"}, 400, "invalid"),
            ({"refund_id": "x" * 65}, 400, "invalid"),
            ({"subscriber_id": "nobody"}, 422, "unknown_subscriber"),
            ({"surprise": 1}, 400, "invalid"),
        ]
        for change, status, code in refunds:
            body = {**refund_body(person), **change}
            yield Bad(f"refund: {change}", "POST", path, body, status, code)
        redemptions: list[tuple[str, int, dict[str, Any], int, str]] = [
            (person, 501, {}, 422, "insufficient_points"),
            (person, 99, {}, 422, "below_minimum"),
            (person, 10**12, {}, 422, "insufficient_points"),
            (person, 10**13, {}, 400, "invalid"),
            (person, 0, {}, 400, "invalid"),
            (person, -100, {}, 400, "invalid"),
            (person, 100, {"points": "100"}, 400, "invalid"),
            (person, 100, {"points": 100.0}, 400, "invalid"),
            (person, 100, {"points": True}, 400, "invalid"),
            (person, 100, {"points": 10**400}, 400, "malformed_json"),
            (person, 100, {"reward": "cash"}, 400, "invalid"),
            (person, 100, {"ip": "999.1.1.1"}, 400, "invalid"),
            (person, 100, {"redemption_id": "x" * 65}, 400, "invalid"),
            (capped, 500_001, {}, 422, "redemption_cap_reached"),
            (closed, 100, {}, 422, "subscriber_closed"),
            ("nobody", 100, {}, 422, "unknown_subscriber"),
        ]
        for who, points, change, status, code in redemptions:
            body = {**redemption_body(who, points), **change}
            name = f"redemption: {points:.3g} of {who} {change!s:.40}"
            yield Bad(name, "POST", "/redemptions", body, status, code)
        for step, code in (("settle", "not_reserved"), ("reverse", "not_settled")):
            name = f"{step} after release"
            yield Bad(name, "POST", f"/redemptions/{released}/{step}", {}, 422, code)
            path = f"/redemptions/nothing/{step}"
            yield Bad(f"{step} of nothing", "POST", path, {}, 404, "unknown_redemption")
        subscribers: list[dict[str, Any]] = [
            {"identifiers": [{"kind": "shoe", "value": "43"}]},
            {"identifiers": [{"kind": "ip", "value": "x"}]},
            {"identifiers": [{"kind": "card"}]},
            {"identifiers": [{"kind": "card", "value": "a\u0000b"}]},
            {"identifiers": [{"kind": "card", "value": "x" * 501}]},
            {"msisdn": "call me"}, {"msisdn": 79161234567}, {"msisdn": "+7"},
            {"status": "asleep"}, {"plan": ""}, {"plan": "a\u0000b"}, {"region": "x" * 65},
            {"birth_date": "1999-02-30"}, {"birth_date": "0001-01-01"},
            {"contract": {"months": 12}}, {"contract": {"months": 10**9, "ends_on": "2027-01-01"}},
            {"verified": {"phone": 1}}, {"verified": []}, {"surprise": 1},
        ]  # fmt: skip
        for change in subscribers:
            body = {**subscriber_body(), **change}
            yield Bad(f"PUT {change!s:.60}", "PUT", f"/subscribers/{fresh('S')}", body, 400)
        yield Bad(
            "a long id in the path", "PUT", f"/subscribers/{'x' * 65}", subscriber_body(), 400
        )
        yield Bad("NUL in the path", "PUT", "/subscribers/a%00b", subscriber_body(), 400)

    def _send(self, case: Bad) -> None:
        headers = {"Content-Type": "application/json"}
        anonymous = self.client.send(case.method, case.path, case.raw, headers)
        if case.is_readable:
            is_told = anonymous.status == 401 or anonymous.status == case.status == 400
            self.found.expect(is_told, f"{case.name}, no token: {anonymous.status}")
        else:
            self.found.expect(
                (anonymous.status, anonymous.code) == (case.status, case.code),
                f"{case.name}, no token: {anonymous.status} {anonymous.code}",
            )
        self._expect_problem(anonymous, case.name)
        headers["Authorization"] = f"Bearer {self.client.token()}"
        answer = self.client.send(case.method, case.path, case.raw, headers)
        self.found.expect(
            (answer.status, answer.code) == (case.status, case.code),
            f"{case.name}: {answer.status} {answer.code}, not {case.status} {case.code}",
        )
        self._expect_problem(answer, case.name)

    def _expect_problem(self, answer: Answer, name: str) -> None:
        problem = answer.body if answer.raw[:1] == b"{" else {}
        is_problem = answer.headers.get("content-type") == "application/problem+json"
        self.found.expect(
            is_problem and problem.get("status") == answer.status and bool(problem.get("title")),
            f"{name}: not a problem: {answer.raw[:200]!r}",
        )
        if problem.get("code") == "invalid":
            self.found.expect(bool(problem.get("errors")), f"{name}: nothing is pointed at")
