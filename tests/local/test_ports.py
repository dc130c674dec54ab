"""Ports are kept for one clone, and never shared by accident."""

import socket
from collections.abc import Iterator

import pytest

from config.local.console import Refusal
from config.local.ports import LOCALHOST, first_free, is_free, reserve, reserve_for_web

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind((LOCALHOST, 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_somebody_listens_on_is_not_free(taken: int) -> None:
    assert not is_free(taken)


def test_passes_over_taken_ports(taken: int) -> None:
    assert first_free([taken, 0]) == 0


def test_refuses_when_every_port_is_taken(taken: int) -> None:
    with pytest.raises(Refusal):
        first_free([taken])


def test_a_web_port_that_was_asked_for_and_is_taken_is_refused(taken: int) -> None:
    with pytest.raises(Refusal, match=str(taken)):
        reserve_for_web(wanted=taken, default=8000)


def test_the_default_web_port_moves_on_to_the_next_free_one(taken: int) -> None:
    port, held = reserve_for_web(wanted=None, default=taken)
    with held:
        assert port > taken


def test_a_reserved_port_is_refused_to_the_next_launcher(taken: int) -> None:
    port, held = reserve_for_web(wanted=None, default=taken)
    with held:
        assert reserve(port) is None


def test_a_reserved_port_can_be_served_by_a_child_that_shares_it(taken: int) -> None:
    port, held = reserve_for_web(wanted=None, default=taken)
    with held, socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind((LOCALHOST, port))
        server.listen()
