"""What tokens are good for, remembered for moments by each process."""

from time import monotonic

from django.conf import settings

from doors.queries import Grant, grant_of

# What was found in the last moments, by checksum. A dict's own operations are atomic, and two
# threads that look the same token up at once find the same.
_grants: dict[str, tuple[float, Grant]] = {}
_GRANTS_REMEMBERED_MAX = 1000


def remembered_grant(token_checksum: str) -> Grant | None:
    """Return what a token is good for, as of `TOKEN_MEMORY_SECONDS` ago at most.

    A client posts hundreds of charges a second under one token, and the query would be a large
    part of each. The price is that a revoked token works for these seconds in other processes.
    """
    asked_at = monotonic()
    known = _grants.get(token_checksum)
    if known is not None and asked_at - known[0] < settings.TOKEN_MEMORY_SECONDS:
        return known[1]
    grant = grant_of(token_checksum=token_checksum)
    if grant is None:
        # Revoked, and not to be believed by a thread that asked before.
        _grants.pop(token_checksum, None)
        return None
    if len(_grants) >= _GRANTS_REMEMBERED_MAX:
        _grants.clear()
    # From before the query: the answer may be as old as that.
    _grants[token_checksum] = (asked_at, grant)
    return grant


def forget_grants(client_id: str) -> None:
    """Forget, in this process, the tokens of a client; others do within the memory's seconds."""
    for checksum, (_, grant) in list(_grants.items()):
        if grant.client_id == client_id:
            _grants.pop(checksum, None)
