"""Ids in addresses: `<client_id:subscriber_id>`."""


class PathId:
    """An id that the client made, slashes within it included (as %2F, which servers decode).

    It may not begin or end with one, so that an address with a trailing slash stays unknown.
    Routes with something after the id must stand before the route that ends with it. What the
    id may hold besides is checked by `ApiView`, so that a bad one is 400 and not 404.
    """

    regex = r"[^/](?:.*[^/])?"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
