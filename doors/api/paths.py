"""Ids in addresses: `<client_id:subscriber_id>`."""


class PathId:
    """An id that the client made: one segment.

    What it may hold besides is checked by `ApiView`, so that a bad one is 400 and not 404.
    """

    regex = r"[^/]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
