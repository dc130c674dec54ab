"""Files that are sent twice, at once, with other content, and not whole."""

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from tests.drills.books import compare
from tests.drills.client import Answer, Client, at_once
from tests.drills.findings import Findings
from tests.drills.instance import Instance
from tests.drills.parts import wait_until
from tests.drills.races import Races
from tests.drills.words import charge_body, fresh, subscriber_body

BOUNDARY = "a-boundary-that-is-in-no-file"


class Imports:
    """Uploads."""

    def __init__(self, instance: Instance, client: Client, found: Findings) -> None:
        self.instance, self.client, self.found = instance, client, found
        self.races = Races(instance, client, found)

    def run(self) -> None:
        """Upload, again, at once, and compare with the ledger."""
        self.one_file_many_times()
        self.the_same_charges_in_two_files()
        self.other_content_under_one_id()
        self.rows_that_are_wrong()
        self.subscribers()
        self.half_a_file()
        compare(self.races.journal, self.instance, self.client, self.found)

    def one_file_many_times(self) -> None:
        rows = self._rows(3, 100)
        import_id, content = fresh("im"), csv_of(rows)
        said = at_once([partial(upload, self.client, import_id, "charges", content)] * 8)
        count = Counter(answer.status for answer in said)
        self.found.expect(count == {202: 1, 200: 7}, f"one file many times: {count}")
        shown = self._finished(import_id)
        self.found.expect(shown["progress"]["accepted"] == 300, f"one file: {shown['progress']}")

    def the_same_charges_in_two_files(self) -> None:
        rows = self._rows(4, 100)
        ids = [fresh("im") for _ in range(4)]
        calls = [
            partial(upload, self.client, import_id, "charges", csv_of(order))
            for import_id, order in zip(ids, [rows, rows[::-1]] * 2, strict=True)
        ]
        self.found.expect(all(a.status == 202 for a in at_once(calls)), "four files at once")
        shown = [self._finished(import_id)["progress"] for import_id in ids]
        accepted = sum(each["accepted"] for each in shown)
        replayed = sum(each["replayed"] for each in shown)
        self.found.expect((accepted, replayed) == (400, 1200), f"four files at once: {shown}")

    def other_content_under_one_id(self) -> None:
        rows, import_id = self._rows(1, 2), fresh("im")
        upload(self.client, import_id, "charges", csv_of(rows))
        answer = upload(self.client, import_id, "charges", csv_of(rows[:1]))
        self.found.expect(
            (answer.status, answer.code) == (422, "id_reused"), f"other content: {answer.status}"
        )
        self._finished(import_id)

    def rows_that_are_wrong(self) -> None:
        person = self.races.subscriber()
        good = charge_body(person)
        rows: list[Any] = [
            good,
            {**charge_body(person), "amount": "0"},
            {**charge_body("nobody")},
            "nonsense",
            {**good, "amount": "2.00"},
            good,
        ]
        lines = b"\n".join(json.dumps(row).encode() for row in rows) + b"\nnot json\n"
        self.races.journal.note("charge", person, good["charge_id"], [])
        import_id = fresh("im")
        answer = upload(self.client, import_id, "charges", lines, name="rows.ndjson")
        self.found.expect(answer.status == 202, f"wrong rows: {answer.status} {answer.raw!r}")
        shown = self._finished(import_id)
        progress = shown["progress"]
        said = (progress["accepted"], progress["replayed"], progress["rejected"])
        self.found.expect(said == (1, 1, 5), f"wrong rows: {shown}")
        answer = self.client.send(
            "GET",
            f"/imports/{import_id}/errors",
            headers={
                "Authorization": f"Bearer {self.client.token()}",
                "Accept": "application/json",
            },
        )
        lines_named = [row["line"] for row in answer.body["data"]]
        self.found.expect(lines_named == [2, 3, 4, 5, 7], f"wrong rows: lines {lines_named}")

    def subscribers(self) -> None:
        header = "subscriber_id,msisdn,status,activated_at,plan,region,verified.phone"
        ids = [fresh("S") for _ in range(200)]
        rows = []
        for subscriber_id in ids:
            body = subscriber_body()
            said = (body["msisdn"], "active", body["activated_at"], "A", "Moscow", "true")
            rows.append(",".join([subscriber_id, *said]))
        content = "\n".join([header, *rows]).encode()
        imports = [fresh("im"), fresh("im")]
        at_once([partial(upload, self.client, each, "subscribers", content) for each in imports])
        shown = [self._finished(each)["progress"] for each in imports]
        accepted = sum(each["accepted"] for each in shown)
        self.found.expect(accepted == 200, f"subscribers twice: {shown}")
        for subscriber_id in ids[:3]:
            answer = self.client.call("GET", f"/subscribers/{subscriber_id}")
            self.found.expect(answer.status == 200, f"imported {subscriber_id}: {answer.status}")

    def half_a_file(self) -> None:
        rows = self._rows(1, 5)
        before = self.instance.row_counts()
        body = form_of(fresh("im"), "charges", csv_of(rows), "rows.csv")
        headers = {
            "Authorization": f"Bearer {self.client.token()}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        }
        for cut in (10, len(body) // 2, len(body) - 4):
            answer = self.client.send("POST", "/imports", body[:cut], headers)
            self.found.expect(answer.status == 400, f"a form cut at {cut}: {answer.status}")
        self.found.expect(self.instance.row_counts() == before, "half a file wrote something")

    def _rows(self, people: int, each: int) -> list[dict[str, Any]]:
        persons = [self.races.subscriber() for _ in range(people)]
        rows = [charge_body(person, amount="3.00") for _ in range(each) for person in persons]
        for row in rows:
            self.races.journal.note("charge", row["subscriber_id"], row["charge_id"], [])
        return rows

    def _finished(self, import_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = {}

        def is_over() -> bool:
            shown.update(self.client.get(f"/imports/{import_id}"))
            return shown["status"] in ("finished", "failed")

        took = wait_until(is_over, 90)
        self.found.expect(took is not None, f"import {import_id} is not finished: {shown}")
        self.found.expect(shown["status"] == "finished", f"import failed: {shown}")
        return shown


def upload(
    client: Client, import_id: str, kind: str, content: bytes, name: str = "rows.csv"
) -> Answer:
    """Send a file, once."""
    headers = {
        "Authorization": f"Bearer {client.token()}",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    }
    return client.send("POST", "/imports", form_of(import_id, kind, content, name), headers)


def form_of(import_id: str, kind: str, content: bytes, name: str) -> bytes:
    """A multipart body."""
    fields = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in (("import_id", import_id), ("kind", kind))
    )
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return f"{fields}{head}".encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def csv_of(rows: Sequence[dict[str, Any]]) -> bytes:
    """Rows as a CSV file with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
