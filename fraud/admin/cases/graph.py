"""Linked accounts as nodes and edges for the browser, and as a table for everybody."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doors.amounts import points_shown, roubles_shown
from fraud.admin.words import KINDS, STANDINGS
from fraud.queries.graph import COUNTED_MAX, Account, Invited, Linked, Shared
from loyalty.admin.gate.words import Word


class Row(NamedTuple):
    """An account of the table."""

    account: Account
    address: str
    standing: Word
    shares: list[str]
    invitations: list[str]


class Graph(NamedTuple):
    """What is shown of the linked accounts."""

    elements: list[dict[str, Any]]
    rows: list[Row]
    extent: str
    others: int


def graph_of(linked: Linked, parties: Sequence[int], unmasked: Collection[int]) -> Graph:
    """Nodes, edges and rows.

    Args:
        parties: whom the case is about; they lead the table, and stand out.
        unmasked: identifiers whose hints may be shown.
    """
    names = {account.id: account.name for account in linked.accounts}
    labels = {each.id: identifier_label(each.kind, each.hint, each.id in unmasked)
              for each in linked.shared}  # fmt: skip
    rows = [_row(account, linked, names, labels) for account in linked.accounts]
    elements = [
        *(_account_node(row, row.account.id in parties) for row in rows),
        *(_identifier_node(each, labels[each.id]) for each in linked.shared),
        *(use for each in linked.shared for use in _uses(each)),
        *(_invitation(each) for each in linked.invitations),
    ]
    return Graph(elements, rows, _extent(linked), linked.others)


def identifier_label(kind: str, hint: str, is_shown: bool) -> str:
    """An identifier by its kind, and by its hint only for whoever asked to see it."""
    return f"{KINDS.get(kind, kind)} {hint if is_shown else '…'}"


def _extent(linked: Linked) -> str:
    shown = linked.others
    if not linked.is_cut:
        return ngettext(
            "%(n)s linked account.", "%(n)s linked accounts, all of them shown.", shown
        ) % {"n": points_shown(shown)}
    total = points_shown(min(linked.found, COUNTED_MAX))
    sentence = (
        _("The nearest %(shown)s of more than %(total)s linked accounts are shown.")
        if linked.is_more
        else _("The nearest %(shown)s of %(total)s linked accounts are shown.")
    )
    return sentence % {"shown": points_shown(shown), "total": total}


def _row(account: Account, linked: Linked, names: dict[int, str], labels: dict[int, str]) -> Row:
    shares = [
        _("%(identifier)s with %(n)s others") % {"identifier": labels[each.id], "n": _others(each)}
        for each in linked.shared
        if account.id in each.accounts
    ]
    invited = [
        *(_("invited %(who)s") % {"who": names[each.invitee]}
          for each in linked.invitations if each.inviter == account.id),
        *(_("invited by %(who)s") % {"who": names[each.inviter]}
          for each in linked.invitations if each.invitee == account.id),
    ]  # fmt: skip
    address = reverse("admin:loyalty_statement", args=[account.id])
    return Row(account, address, STANDINGS[account.standing], shares[:6], invited[:6])


def _others(shared: Shared) -> str:
    counted = shared.all_accounts - 1
    return f"{points_shown(counted)}+" if shared.all_accounts >= COUNTED_MAX else str(counted)


def _account_node(row: Row, is_party: bool) -> dict[str, Any]:
    account = row.account
    return {
        "data": {
            "id": f"a{account.id}",
            "label": account.name,
            "type": "account",
            "party": is_party,
            "standing": account.standing,
            "standing_word": str(row.standing.text),
            "status": _(account.status),
            "since": account.activated_at.date().isoformat(),
            "distance": account.distance,
            "cases": account.open_cases,
            "frauds": account.frauds,
            "open": roubles_shown(account.open_minor) if account.open_minor else "",
            "shares": row.shares,
            "invitations": row.invitations,
            "address": row.address,
        }
    }


def _identifier_node(shared: Shared, label: str) -> dict[str, Any]:
    return {
        "data": {
            "id": f"i{shared.id}",
            "label": label,
            "type": "identifier",
            "kind": shared.kind,
            "blocked": shared.is_blocked,
            "accounts": f"{COUNTED_MAX}+"
            if shared.all_accounts >= COUNTED_MAX
            else str(shared.all_accounts),
            "shown": len(shared.accounts),
        }
    }


def _uses(shared: Shared) -> list[dict[str, Any]]:
    return [
        {
            "data": {
                "id": f"u{shared.id}-{account}",
                "source": f"a{account}",
                "target": f"i{shared.id}",
                "type": "use",
            }
        }
        for account in shared.accounts
    ]


def _invitation(invited: Invited) -> dict[str, Any]:
    return {
        "data": {
            "id": f"r{invited.inviter}-{invited.invitee}",
            "source": f"a{invited.inviter}",
            "target": f"a{invited.invitee}",
            "type": "invitation",
            "refused": invited.status == "refused",
        }
    }
