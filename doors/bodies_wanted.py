"""How the web server's front and Django's side speak about a body that has not been received.

A request that the front knows too little about is answered without its body as far as it goes:
the answer to a stranger is there at once. If something reads the body, the request ends with
`BodyWanted`, the front receives the body, and the request is answered anew.
"""

from enum import StrEnum
from typing import Any, NoReturn

from django.http import HttpRequest

# A key of a request's META; no header can be read under such a name.
_REFUSED = "tenure.refused"
_INPUT = "wsgi.input"


class BodyWanted(BaseException):
    """Something reads the body. It passes what catches errors, because it is none."""


class RefusedBody(StrEnum):
    """Why the front did not receive a body; the codes of the problems."""

    LATE = "body_late"
    BROKEN = "body_broken"
    NO_PLACE = "uploads_busy"


class UnreceivedBody:
    """Stands where the body would be, and asks for it when it is read."""

    def __init__(self) -> None:
        self.was_wanted = False

    def read(self, size: int = -1) -> NoReturn:
        """Ask for the body.

        Raises:
            BodyWanted: always.
        """
        self.was_wanted = True
        raise BodyWanted

    readline = read


def is_received(request: HttpRequest) -> bool:
    """Return whether the body is there, or is being streamed by now."""
    return not isinstance(request.META.get(_INPUT), UnreceivedBody)


def refusal_of(request: HttpRequest) -> RefusedBody | None:
    """Return why there is no body, if the front refused it."""
    code: RefusedBody | None = request.META.get(_REFUSED)
    return code


def refused(environ: dict[str, Any], why: RefusedBody) -> dict[str, Any]:
    """Return the environment of a request whose body was refused."""
    return {**environ, _REFUSED: why, "CONTENT_LENGTH": "0"}
