"""Everything that is known of subjects, for a list of them in a fixed number of statements."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fraud.policy.facts import Facts, Since
from fraud.queries.activity import arpu_of, invited_by, money_of, redeemed_by
from fraud.queries.anomalies import percentiles_of
from fraud.queries.asked import Asked
from fraud.queries.identifiers import seen_with, together_with
from fraud.queries.links import groups_of
from fraud.queries.parties import parties_of
from kernel.moments import day_of
from loyalty.queries.terms import program_zone


class Demands(NamedTuple):
    """What the terms demand of a subject and is not there, as sentences."""

    above_cap: str | None = None
    unverified: str | None = None


NOTHING_DEMANDED = Demands()


def facts_of(
    asked: Sequence[Asked], demands: Sequence[Demands], *, limits: Mapping[str, int]
) -> list[Facts]:
    """What is known of each subject as of its moment, and nothing that was learnt later.

    Args:
        demands: of the terms, per subject.
        limits: by kind, of how many others an identifier links nobody any more.
    """
    if not asked:
        return []
    parties = parties_of(asked)
    seen = seen_with(asked, parties, limits)
    together = together_with(asked, seen, limits)
    money, arpu = money_of(asked), arpu_of(asked, parties)
    referrals, redeemed = invited_by(asked, parties), redeemed_by(asked, parties)
    groups, anomalies = groups_of(asked, seen, limits), percentiles_of(asked)
    zone = program_zone()
    found = []
    for place, (each, party, demanded) in enumerate(zip(asked, parties, demands, strict=True)):
        subject, with_it = each.subject, seen[place]
        brought = arpu.get(place)
        is_first = subject.type == "redemption" and redeemed[place].is_first
        found.append(
            Facts(
                subject_type=subject.type,
                kind=subject.kind,
                value_minor=subject.value_minor,
                matches=tuple(sorted(with_it.matches, key=lambda m: (m.kind, m.with_whom))),
                accounts_on_device=with_it.others.get("device"),
                accounts_on_ip=with_it.others.get("ip"),
                registrations_per_day=with_it.lately,
                money=money[place],
                ip=with_it.ip,
                home=party.home,
                referrals=referrals[place],
                minutes_to_first_redemption=redeemed[place].minutes_to_first,
                arpu_minor=brought.brought_minor if brought is not None else None,
                arpu_needed_minor=brought.needed_minor if brought is not None else None,
                others_at_device_and_address=together[place].at_address,
                traits_at_device=together[place].traits,
                shared_since=tuple(
                    Since(kind, day_of(at, zone).isoformat())
                    for kind, at in sorted(with_it.since.items())
                ),
                group=groups[place],
                anomaly=anomalies[place],
                is_first_redemption=is_first,
                instrument_is_shared=is_first and with_it.others.get("card", 0) > 0,
                above_cap=demanded.above_cap,
                unverified=demanded.unverified,
                standing=party.standing,
                standing_since=(
                    None
                    if party.standing_set_at is None
                    else day_of(party.standing_set_at, zone).isoformat()
                ),
                standing_reason=party.standing_reason,
                snoozed=party.snoozed,
            )
        )
    return found
