"""What was wrong with the input: one fault per place, with a JSON pointer to it."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rest_framework.exceptions import ErrorDetail, ValidationError

from doors.translation import translated

# A hostile body could earn an answer much larger than itself.
FAULTS_SHOWN_MAX = 100
POINTER_LENGTH_MAX = 200


class Fault(NamedTuple):
    """One thing wrong, at one place of the input."""

    path: tuple[str | int, ...]
    code: str
    detail: str

    def beneath(self, key: str | int) -> "Fault":
        """Return this fault as seen from the container that holds `key`."""
        return Fault((key, *self.path), self.code, self.detail)

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer (RFC 6901); the whole document is the empty one."""
        return pointer_to(self.path)


class Rejected(Exception):
    """Input that a field or a serializer doesn't accept; containers gather the faults."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


class InvalidInput(ValidationError):
    """The same towards DRF: a validation error that remembers where each fault is."""

    def __init__(self, faults: Sequence[Fault], *, place: str = "pointer") -> None:
        detail: dict[str, list[ErrorDetail]] = {}
        for fault in faults:
            detail.setdefault(fault.pointer, []).append(ErrorDetail(fault.detail, fault.code))
        super().__init__(detail)
        self.faults = faults
        self.place = place


def rejected(code: str, detail: str, *path: str | int) -> Rejected:
    """Return the exception for one fault at `path` (by default the value itself)."""
    return Rejected([Fault(path, code, detail)])


def pointer_to(path: Iterable[str | int]) -> str:
    """Return the JSON pointer of a path; a very long one is cut.

    A key may hold lone surrogates only where no JSON parser stood before, but an answer that
    can't be encoded would turn the client's mistake into an error of ours.
    """
    text = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    if len(text) > POINTER_LENGTH_MAX:
        text = text[:POINTER_LENGTH_MAX] + "…"
    return text.encode("utf-8", "replace").decode("utf-8")


def faults_shown(faults: Sequence[Fault], *, place: str = "pointer") -> list[dict[str, str]]:
    """Return the faults as members of a problem's `errors`, a hundred at most.

    Args:
        faults: in the order in which they were found.
        place: the member that names the place: `pointer` into the body, or `parameter` of the
            query string.
    """
    return [
        {
            place: fault.pointer if place == "pointer" else fault.pointer[1:],
            "code": fault.code,
            "detail": translated(fault.detail),
        }
        for fault in faults[:FAULTS_SHOWN_MAX]
    ]


def faults_in(detail: Any, path: tuple[str | int, ...] = ()) -> list[Fault]:
    """Return the faults in the `detail` of a validation error that DRF itself raised."""
    if isinstance(detail, dict):
        return [
            fault
            for key, part in detail.items()
            for fault in faults_in(part, path if key == "non_field_errors" else (*path, key))
        ]
    if isinstance(detail, (list, tuple)):
        return [
            fault
            for index, part in enumerate(detail)
            for fault in faults_in(part, (*path, index) if isinstance(part, dict) else path)
        ]
    return [Fault(path, getattr(detail, "code", "invalid"), str(detail))]
