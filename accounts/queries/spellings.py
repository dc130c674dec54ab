"""Ids as people type them: in any case, with or without the prefix that billing gives them."""

import re

from accounts.models import Subscriber

_PREFIX = re.compile(r"[^\W\d_]+[-_./ ]?")
# So many of the latest subscribers tell which prefixes are in use.
_LOOKED_AT = 50


def spellings_of(term: str) -> list[str]:
    """The same id in the cases in which ids are written."""
    term = " ".join(term.split())
    found = (term, term.upper(), term.lower(), term.capitalize(), term.title())
    return list(dict.fromkeys(found))


def subscribers_spelled(term: str) -> list[Subscriber]:
    """Subscribers whose id is meant by what was typed; the one of this very spelling alone first.

    Each spelling is one look at an index: C-7, c7 and 7 find C-7 where billing's ids begin so.
    """
    term = " ".join(term.split())
    exact = list(Subscriber.objects.filter(external_id=term))
    if exact:
        return exact
    prefix = _PREFIX.match(term)
    bare = term[prefix.end() :] if prefix else term
    wanted = set(spellings_of(term))
    if bare and bare[0].isdigit():
        wanted.add(bare)
        wanted |= {used + bare for used in _prefixes() if _is_meant(used, prefix)}
    return list(Subscriber.objects.filter(external_id__in=wanted).order_by("pk"))


def _prefixes() -> set[str]:
    """The prefixes of the latest ids."""
    latest = Subscriber.objects.order_by("-pk").values_list("external_id", flat=True)[:_LOOKED_AT]
    matches = (_PREFIX.match(external_id) for external_id in latest)
    return {match[0] for match in matches if match is not None}


def _is_meant(used: str, typed: re.Match[str] | None) -> bool:
    """Whether a prefix is the one that was typed, or none was."""
    if typed is None:
        return True
    return used.rstrip("-_./ ").casefold() == typed[0].rstrip("-_./ ").casefold()
