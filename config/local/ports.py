"""Which TCP ports on 127.0.0.1 are free, and how one is kept for a server to come."""

import errno
import socket
from collections.abc import Iterable

from config.local.console import Refusal

LOCALHOST = "127.0.0.1"


def reserve(port: int) -> socket.socket | None:
    """Hold a port for a child that binds it with SO_REUSEPORT; None when it is taken.

    The socket never listens. As long as it is open, nobody's plain `bind` gets the port, so
    that two clones that start in the same second don't share one: granian sets
    SO_REUSEPORT, and the kernel would deal their requests out between them.
    """
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Connections of the server's former life may still be in TIME_WAIT.
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((LOCALHOST, port))
    except OSError as error:
        held.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            return None
        raise
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return held


def is_free(port: int) -> bool:
    held = reserve(port)
    if held is None:
        return False
    held.close()
    return True


def first_free(candidates: Iterable[int]) -> int:
    """The first of `candidates` that nobody uses.

    Raises:
        Refusal: all of them are taken.
    """
    for port in candidates:
        if is_free(port):
            return port
    raise Refusal("No free TCP port was found on 127.0.0.1.")


def reserve_for_web(*, wanted: int | None, default: int) -> tuple[int, socket.socket]:
    """The port of the web server and the socket that holds it.

    A port that was asked for is taken or refused; the default moves on to the next free one.

    Raises:
        Refusal: the port that was asked for is taken, or no port is free.
    """
    candidates = [wanted] if wanted is not None else range(default, default + 100)
    for port in candidates:
        held = reserve(port)
        if held is not None:
            return port, held
    if wanted is not None:
        raise Refusal(f"Port {wanted} is taken by another program; choose another PORT.")
    raise Refusal(f"No port from {default} to {default + 99} is free; choose one with PORT=.")
