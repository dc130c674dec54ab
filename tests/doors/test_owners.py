"""What a client made is its own: every operation of the API, called by another client.

The operations come from the OpenAPI document, so that a new one is called without being named. A
new kind of id in an address fails here until it is said whose such things are.
"""

import re
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.db import connection

from doors.models import Client, ClientGroup
from doors.owned import OWNED_KINDS
from imports.models import Import
from kernel.owners import EVERY_CLIENT, PROGRAM
from loyalty.models import Redemption
from outbox.models import Endpoint
from tests.doors.world import ID, World, body_for, everything, ids_in, operations
from tests.journeys.conftest import Billing

pytestmark = pytest.mark.django_db

# What a client makes for itself: the kind of resource, by the id in its addresses.
OWNED = {"webhook_id": "webhooks", "import_id": "imports", "redemption_id": "redemptions"}
ROWS: dict[str, Any] = {"webhook_id": Endpoint, "import_id": Import, "redemption_id": Redemption}
# What is the program's, whoever reported it.
SHARED = {"subscriber_id", "charge_id", "refund_id", "referral_id", "payout_id", "case_id"}

OF_OWNED = [name for name in operations() if not OWNED.keys().isdisjoint(ids_in(name))]
LISTS = [name for name in operations() if name.startswith("GET ") and not ids_in(name)]


def test_every_id_in_an_address_is_known_to_be_owned_or_shared() -> None:
    named = {each for name in operations() for each in ids_in(name)}
    assert named == OWNED.keys() | SHARED
    assert {OWNED[each] for each in OWNED} == set(OWNED_KINDS)


@pytest.mark.parametrize("name", OF_OWNED)
def test_another_client_finds_nothing_and_changes_nothing(name: str, world: World) -> None:
    before = everything()
    answer = world.call(world.stranger, name)
    assert answer.status_code == 404, answer.content
    assert everything() == before
    unknown = world.stranger.call(*_with_another_id(name), body_for(operations()[name]))
    assert _problem(unknown) == _problem(answer)
    # The same call by its owner is carried out, or refused by a rule: the 404 was the stranger's.
    own = world.call(world.owner, name)
    assert own.status_code < 400 or own.status_code == 422, own.content


def _with_another_id(name: str) -> tuple[str, str]:
    method, _, path = name.partition(" ")
    return method, re.sub(r"{\w+}", "nobody", path)


def _problem(answer: Any) -> dict[str, Any]:
    """What a problem says, without the id that was asked for and that of the request."""
    text = answer.content.decode().replace(ID, "nobody")
    return {
        k: v for k, v in orjson.loads(text).items() if k in ("status", "code", "title", "detail")
    }


@pytest.mark.parametrize("name", LISTS)
def test_lists_show_a_client_its_own(name: str, world: World) -> None:
    query = "?since=2026-10-01T00:00:00Z&until=2026-10-02T00:00:00Z" if "/reports/" in name else ""
    path = name.partition(" ")[2] + query
    found = world.stranger.get(path)
    assert found.status_code in (200, 400), found.content
    assert ID not in found.content.decode()


@pytest.mark.parametrize("id_name", OWNED)
def test_lists_of_the_owner_have_it(id_name: str, world: World) -> None:
    assert ID in world.owner.get(f"/{OWNED[id_name]}").content.decode()


MAKE: dict[str, Callable[[World, Billing], Any]] = {
    "webhook_id": World.register, "import_id": World.upload, "redemption_id": World.reserve,
}  # fmt: skip


@pytest.mark.parametrize("id_name", OWNED)
def test_anothers_id_is_taken_and_tells_nothing(id_name: str, world: World) -> None:
    before = everything()
    answer = MAKE[id_name](world, world.stranger)
    assert (answer.status_code, answer.json()["code"]) == (422, "id_reused")
    assert everything() == before
    assert MAKE[id_name](world, world.owner).status_code == 200


@pytest.mark.parametrize("name", OF_OWNED)
def test_clients_of_a_group_share_what_it_shares(name: str, world: World) -> None:
    [id_name] = ids_in(name)
    group = ClientGroup.objects.create(name="both", kinds=[OWNED[id_name]])
    Client.objects.update(group=group)
    own = world.call(world.stranger, name)
    assert own.status_code < 400 or own.status_code == 422, own.content


@pytest.mark.parametrize("name", OF_OWNED)
def test_clients_of_a_group_share_nothing_else(name: str, world: World) -> None:
    [id_name] = ids_in(name)
    others = [kind for kind in OWNED_KINDS if kind != OWNED[id_name]]
    Client.objects.update(group=ClientGroup.objects.create(name="both", kinds=others))
    assert world.call(world.stranger, name).status_code == 404


def test_a_client_that_left_its_group_sees_its_own(world: World) -> None:
    group = ClientGroup.objects.create(name="both", kinds=list(OWNED_KINDS))
    Client.objects.update(group=group)
    assert ID in world.stranger.get("/redemptions").content.decode()
    Client.objects.filter(name="stranger").update(group=None)
    assert ID not in world.stranger.get("/redemptions").content.decode()
    assert ID in world.owner.get("/redemptions").content.decode()


@pytest.mark.parametrize("id_name", OWNED)
def test_what_is_the_programs_own_no_client_sees(id_name: str, world: World) -> None:
    ROWS[id_name].objects.update(owner=PROGRAM)
    assert world.owner.get(f"/{OWNED[id_name]}/{ID}").status_code == 404
    assert ID not in world.owner.get(f"/{OWNED[id_name]}").content.decode()


def test_redemptions_from_before_owners_were_kept_are_every_clients(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE loyalty_redemption SET owner = DEFAULT")
    assert Redemption.objects.get().owner == EVERY_CLIENT
    assert world.stranger.get(f"/redemptions/{ID}").status_code == 200
    assert world.stranger.post(f"/redemptions/{ID}/settle").status_code == 200
    assert world.reserve(world.stranger).status_code == 200
