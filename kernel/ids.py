"""Ids that clients make: each is one segment of an address, too."""

ID_LENGTH_MAX = 64


def is_segment(text: str) -> bool:
    """Return whether a text can stand between two slashes of an address and mean itself.

    Servers read `%2F` as a slash, and clients and proxies resolve dots: `X%2Fsettle` would be
    the settlement of `X`.
    """
    return "/" not in text and text not in (".", "..")


def is_id(text: str) -> bool:
    """Return whether a text can be an id: 1 to 64 printable characters, and a segment."""
    has_length = 0 < len(text) <= ID_LENGTH_MAX
    return has_length and text.isprintable() and text == text.strip() and is_segment(text)
