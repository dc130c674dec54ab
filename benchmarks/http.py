"""`POST /charges` over HTTP."""

from benchmarks import bare
from benchmarks.figures import Bench, Figure, compare
from benchmarks.load import load_process, send_all
from benchmarks.population import plain_connection, populate_with_history
from benchmarks.server import bare_request, bearer, charge_request, web_server
from benchmarks.sizes import sizes

_SUBSCRIBERS = 20_000


def http() -> list[Figure]:
    """Charges of many subscribers over a few connections that stay open."""
    items, connections = sizes().http_items, sizes().http_connections
    with load_process() as loader, plain_connection() as connection:
        populate_with_history(connection, _SUBSCRIBERS)
        connection.execute(bare.TABLE)
        header = bearer()
        with web_server() as port:

            def send(requests: list[bytes]) -> None:
                loader.submit(send_all, requests, port=port, connections=connections).result()

            def ours(turn: int) -> None:
                send([charge_request(*place, header) for place in _bills(turn, items)])

            def floor(turn: int) -> None:
                send([bare_request(*place) for place in _bills(turn, items)])

            return [
                compare(
                    "http",
                    work=ours,
                    floor=floor,
                    items=items,
                    pairs=sizes().http_pairs,
                    unit="requests/s",
                    aim=0.4,
                )
            ]


def _bills(turn: int, items: int) -> list[tuple[int, int]]:
    """Numbers of subscribers with the turns of their bills, none twice."""
    places = range(turn * items, (turn + 1) * items)
    return [(place % _SUBSCRIBERS + 1, place // _SUBSCRIBERS) for place in places]


HTTP = Bench(
    "POST /charges over 16 connections, two workers of four threads",
    "a bare DRF view that inserts one row, on the same server and database",
    http,
)
