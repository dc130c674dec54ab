"""Files of sign-ups, read: CSV with a header, gzipped or not."""

import csv
import gzip
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from ipaddress import IPv4Address
from pathlib import Path
from typing import IO

from django.core.management.base import CommandError

from accounts.api.bodies import digest_of
from accounts.policy.identifiers import IdentifierDigest
from accounts.policy.placeholders import Placeholder
from fraud.policy.sign_ups import SignUp

COLUMNS = ("signup_time", "purchase_time", "device_id", "ip_address", "class")
FAULTS_SHOWN = 5
_KOPECKS = 100


def sign_ups_in(path: str) -> list[SignUp]:
    """The sign-ups of a file, in its order; other columns than those needed are left alone.

    Raises:
        CommandError: there is no such file, or it can't be read as sign-ups; it names the lines.
    """
    try:
        with _opened(Path(path)) as file:
            sign_ups, faults = _read(csv.DictReader(file), path)
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror or error}.") from None
    except (UnicodeDecodeError, EOFError, csv.Error) as error:
        raise CommandError(f"{path} is no CSV file: {error}.") from None
    if faults:
        shown = "\n".join(faults[:FAULTS_SHOWN])
        more = f"\n… and {len(faults) - FAULTS_SHOWN:,} more" if len(faults) > FAULTS_SHOWN else ""
        raise CommandError(f"{path} has {len(faults):,} rows that can't be read:\n{shown}{more}")
    if not sign_ups:
        raise CommandError(f"{path} has no rows.")
    return sign_ups


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _read(rows: "csv.DictReader[str]", path: str) -> tuple[list[SignUp], list[str]]:
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise CommandError(f"{path} has no column {', '.join(missing)}.")
    sign_ups, faults = [], []
    for number, row in enumerate(rows, start=1):
        try:
            sign_ups.append(_sign_up(number, row))
        except ValueError as error:
            faults.append(f"  line {rows.line_num}: {error}")
    return sign_ups, faults


def _sign_up(number: int, row: Mapping[str, str | None]) -> SignUp:
    signed_up_at, purchased_at = _moment(row, "signup_time"), _moment(row, "purchase_time")
    if purchased_at < signed_up_at:
        raise ValueError("purchase_time is before signup_time.")
    said = (row["class"] or "").strip()
    if said not in ("0", "1"):
        raise ValueError("class is 0 or 1.")
    return SignUp(
        number,
        signed_up_at,
        purchased_at,
        _value_minor(row.get("purchase_value")),
        said == "1",
        tuple(_identifiers(row)),
    )


def _identifiers(row: Mapping[str, str | None]) -> Iterator[IdentifierDigest]:
    device, ip = (row["device_id"] or "").strip(), (row["ip_address"] or "").strip()
    if device:
        yield from _apart("device", device)
    if ip:
        yield from _apart("ip", _dotted(ip))


def _apart(kind: str, value: str) -> Iterator[IdentifierDigest]:
    """Its digest as at the door, in a domain of its own: no subscriber of ours has it.

    One that stands for "unknown" is absent, as it is at the door.
    """
    with suppress(Placeholder):
        found = digest_of(kind, value)
        yield replace(found, digest=sha256(b"sign-up:" + found.digest).digest())


def _dotted(value: str) -> str:
    """An address as text; some files have it as a number, with a fraction that means nothing."""
    if any(mark in value for mark in (":", "e", "E")) or value.count(".") > 1:
        return value
    whole = value.partition(".")[0]
    if not whole.isdecimal() or int(whole) >= 2**32:
        raise ValueError("ip_address is neither an address nor its number.")
    return str(IPv4Address(int(whole)))


def _moment(row: Mapping[str, str | None], name: str) -> datetime:
    try:
        found = datetime.fromisoformat((row[name] or "").strip())
    except ValueError:
        raise ValueError(f"{name} is no date and time.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _value_minor(text: str | None) -> int:
    try:
        return round(float(text) * _KOPECKS) if text else 0
    except (ValueError, OverflowError):
        raise ValueError("purchase_value is no number.") from None
