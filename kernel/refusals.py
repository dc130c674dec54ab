"""The expected "no": what a caller may be refused, with a code that never changes."""

from typing import ClassVar


class Refusal(Exception):
    """A request that is understood and not granted; nothing was written.

    Subclasses stand beside the policy that decides them and give `code` (stable, documented,
    snake_case) and `title` (one short sentence for people).

    Args:
        detail: what was wrong with this very request.
        facts: what a machine needs to react, as JSON values.
    """

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused."

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts


class NotFound(Refusal):
    """What the request names does not exist."""

    code = "not_found"
    title = "There is no such thing."


class InFlight(Refusal):
    """Another request holds what this one needs; the client repeats it later."""

    code = "in_flight"
    title = "Another request for the same subscriber is still in flight."


class Superseded(Refusal):
    """The request is older than what is known; repeating it doesn't help."""

    code = "superseded"
    title = "Something newer is known already."


class PreconditionFailed(Refusal):
    """The caller wanted the request done only in a state that is not the current one."""

    code = "precondition_failed"
    title = "The condition of the request (If-Match, If-None-Match) doesn't hold."


class IdReused(Refusal):
    """An id that a client made can mean one thing only, for ever."""

    code = "id_reused"
    title = "This id was used before with other content."
