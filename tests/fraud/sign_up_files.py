"""Files of sign-ups: rings that purchase at once, and everybody else."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

HEADER = "signup_time,purchase_time,device_id,ip_address,class,purchase_value"
START = datetime(2015, 1, 1)  # noqa: DTZ001 (as such files write it)


def line(
    minutes: int, *, after: int, device: str, ip: str = "", fraud: bool = False, value: str = "20"
) -> str:
    """A row: signed up so many minutes after the start, and purchased so many later."""
    signed_up_at = START + timedelta(minutes=minutes)
    times = [
        f"{at:%Y-%m-%d %H:%M}" for at in (signed_up_at, signed_up_at + timedelta(minutes=after))
    ]
    return ",".join([*times, device, ip, str(int(fraud)), value])


def written(path: Path, lines: Iterable[str]) -> str:
    """The path of a file with these rows."""
    path.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
    return str(path)


def crowd(rings: int, normal: int, prefix: str) -> list[str]:
    """Rings of three on one device, who purchase at once; others alone, days later."""
    lines = [
        line(1_000 * ring + member // 2, after=0, device=f"{prefix}-ring-{ring}", fraud=True)
        for ring in range(rings)
        for member in range(3)
    ]
    lines += [
        line(37 * place, after=2_000 + 997 * place % 90_000, device=f"{prefix}-own-{place}")
        for place in range(normal)
    ]
    return lines
