"""A case's page: what it is about, why it was stopped, what is known, and the verdict."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.queries.identifiers import SHARED_MAX, SeenWith, identifiers_of, mailboxes_of
from doors.admin.frame import frame
from doors.admin.theme import ModelAdmin
from doors.amounts import roubles_shown
from doors.translation import translated
from fraud.admin.cases.evidence import evidence_of
from fraud.admin.cases.foresight import Foresight, foresight_of
from fraud.admin.cases.graph import graph_of, identifier_label
from fraud.admin.cases.timeline import GROUPS, lines_of
from fraud.admin.cases.unusual import unusual_shown
from fraud.admin.cases.whose import block_groups
from fraud.admin.forms import (
    CANNED_REASONS,
    ReasonForm,
    SnoozeForm,
    VerdictForm,
    snooze_until_default,
)
from fraud.admin.people import DECIDE, FREEZE, UNMASK, analyst
from fraud.admin.words import (
    BANDS,
    KINDS,
    QUEUE_NOTES,
    QUEUES,
    STANDINGS,
    STATUSES,
    STEPS,
    VERDICTS,
    left_of,
    refusal_in_words,
    rule_title,
    score_shown,
    subject_word,
)
from fraud.models import Case, CaseEvent
from fraud.policy.cases import (
    CLAIM_LASTS,
    INCONCLUSIVE,
    CaseState,
    refusal_for_claim,
    refusal_for_step,
)
from fraud.policy.rules import BY_NAME as RULES
from fraud.policy.rulesets import RuleSet
from fraud.policy.verdicts import REFUSE, RELEASE
from fraud.queries.blocks import blocked_among
from fraud.queries.case_files import (
    Subject,
    earlier_cases,
    proposal_among,
    shown_to,
    snoozes_of,
    standings_of,
    steps_of,
    subject_of,
)
from fraud.queries.graph import Account, Linked, linked_accounts
from fraud.queries.people import focus_of
from fraud.queries.rule_sets import live_rule_set, rule_set_numbered
from fraud.queries.timeline import timeline_of
from fraud.queries.unusual import Unusual, unusual_about
from loyalty.admin.causes import cause_address
from loyalty.admin.gate.words import ACTORS, PAYOUT_STATUSES, REDEMPTION_STATUSES, actor_of, word_of


class SeenRow(NamedTuple):
    """An identifier that a party was seen with, as this user may see it."""

    id: int
    kind: Any
    label: str
    whose: str
    parties: tuple[int, ...]
    first_seen_at: Any
    last_seen_at: Any
    others: int
    others_shown: str
    is_blocked: bool
    address: str


class Known(NamedTuple):
    """What was gathered for a page, in a fixed number of statements."""

    case: Case
    now: datetime
    steps: list[CaseEvent]
    subject: Subject
    linked: Linked
    identifiers: list[SeenRow]
    unmasked: set[int]
    rules: RuleSet | None
    foresight: Foresight
    unusual: Unusual | None


def gathered(request: HttpRequest, case: Case, now: datetime) -> Known:
    """What is known of a case."""
    parties = parties_of(case)
    steps = steps_of(case)
    unmasked = shown_to(steps, request.user.get_username(), now)
    rules = rule_set_numbered(case.assessment.rule_set) if case.assessment is not None else None
    return Known(
        case,
        now,
        steps,
        subject_of(case),
        linked_of(case, now),
        _identifiers(request, parties, unmasked, now),
        unmasked,
        rules,
        foresight_of([case], analyst(request))[case.pk],
        unusual_about([case]).get(case.pk),
    )


def linked_of(case: Case, now: datetime) -> Linked:
    """The accounts around whoever a case is about, by the limits of the live rule set."""
    limits = live_rule_set(now=now).limits
    return linked_accounts(around=list(parties_of(case)), limits=limits, now=now)


def parties_of(case: Case) -> dict[int, str]:
    """Whom a case is about: names by id, whose behaviour is judged first."""
    names = {case.subscriber_id: case.subscriber.external_id}
    if case.other is not None:
        names = {case.other.pk: case.other.external_id, **names}
    return names


def verdict_form(known: Known, said: Any = None) -> VerdictForm:
    """The form, with what can be chosen; a proposal of somebody else is filled in."""
    case = known.case
    focus = focus_of(case)
    proposal = proposal_among(case, known.steps)
    rules = [hit["rule"] for hit in case.assessment.hits] if case.assessment is not None else []
    return VerdictForm(
        said,
        initial={"snooze_until": snooze_until_default(known.now), **_initial(proposal)},
        identifiers=[(each.id, _identifier_choice(each)) for each in known.identifiers],
        accounts=[(a.id, _account_choice(a)) for a in known.linked.accounts if a.id != focus],
        rules=[(name, rule_title(name)) for name in dict.fromkeys(rules)
               if name in RULES and not RULES[name].is_fixed],
    )  # fmt: skip


def context_of(
    admin: ModelAdmin[Case],
    request: HttpRequest,
    known: Known,
    form: VerdictForm,
) -> dict[str, Any]:
    """Everything that the page shows."""
    case, now = known.case, known.now
    parties = parties_of(case)
    graph = graph_of(known.linked, list(parties), known.unmasked)
    shown = _parties_shown(request, case, parties)
    moments, is_longer = timeline_of(subscriber_ids=list(parties), now=now)
    hints = {str(each.id): each.label.partition(" ")[2] for each in known.identifiers
             if each.id in known.unmasked}  # fmt: skip
    return {
        **frame(admin, request, case, _("Case %(number)s") % {"number": case.pk}),
        "case": case,
        "band": BANDS[case.band],
        "status": STATUSES[case.status],
        "queue": QUEUES[case.queue],
        "queue_note": QUEUE_NOTES[case.queue],
        "score": score_shown(case.score_millionths),
        "left": left_of(case, now),
        "subject_word": subject_word(case, known.subject.payout),
        "subject": _subject_shown(request, known.subject),
        "parties": shown,
        "judged": next(each for each in shown if each["id"] == focus_of(case)),
        "block_groups": block_groups(form, known.identifiers, shown),
        "evidence": evidence_of(case.assessment, known.rules) if case.assessment else None,
        "unusual": unusual_shown(known.unusual) if known.unusual is not None else None,
        "held_because": _held_because(known),
        "graph": graph,
        "identifiers": known.identifiers,
        "is_unmasked": bool(known.unmasked),
        "timeline": lines_of(request, moments, parties, hints),
        "timeline_groups": GROUPS.items(),
        "timeline_is_cut": is_longer,
        "earlier": _earlier(case, list(parties)),
        "history": [_step_shown(step) for step in known.steps],
        "snoozes": [(s, rule_title(s.rule)) for s in snoozes_of(list(parties), now)
                    if s.rule in RULES],
        **_decided(case, known.steps),
        "escalation": _escalation(case, known.steps),
        "form": form,
        "canned": CANNED_REASONS,
        "snooze_form": SnoozeForm.blank(now),
        "reason_form": ReasonForm(),
        **_turn(request, known),
    }  # fmt: skip


def _decided(case: Case, steps: Sequence[CaseEvent]) -> dict[str, Any]:
    if case.status != "closed":
        return {}
    last = next((step for step in reversed(steps) if step.step in ("decide", "close")), None)
    return {
        "verdict_word": VERDICTS[case.verdict],
        "decided_by": actor_of(case.decided_by),
        "verdict_reason": last.reason if last is not None else "",
    }


def _escalation(case: Case, steps: Sequence[CaseEvent]) -> dict[str, Any] | None:
    """Who handed the case to the seniors, when and why; None while nobody has."""
    last = next((each for each in reversed(steps) if each.after.get("is_escalated")), None)
    if not case.is_escalated or last is None:
        return None
    reason = translated(last.reason) if last.by in ACTORS else last.reason
    return {"by": actor_of(last.by), "at": last.at, "reason": reason}


def _turn(request: HttpRequest, known: Known) -> dict[str, Any]:
    """Whose turn it is, and what this user may do."""
    case, now = known.case, known.now
    by = analyst(request)
    state = CaseState(
        case.status, case.claimed_by, case.claimed_at, case.is_escalated, case.proposed_by
    )
    may_decide = request.user.has_perm(DECIDE)
    holds = may_decide and refusal_for_step(state, by, now) is None
    cannot_claim = refusal_for_claim(state, by, now)
    proposal = proposal_among(case, known.steps)
    has_lapsed = case.status == "claimed" and state.holder(now) is None
    return {
        "may_decide": may_decide,
        "holds": holds,
        "may_claim": may_decide and not holds and cannot_claim is None,
        "cannot_claim": refusal_in_words(cannot_claim) if cannot_claim else "",
        "holder": state.holder(now) or "",
        "claim_has_lapsed": has_lapsed and case.claimed_by == by.name,
        "claim_ends_at": case.claimed_at + CLAIM_LASTS if case.claimed_at else None,
        "proposal": _proposal_shown(proposal, known) if proposal else None,
        "foresight": known.foresight,
        "may_unmask": request.user.has_perm(UNMASK),
        "may_freeze": request.user.has_perm(FREEZE),
    }


def _identifier_choice(row: SeenRow) -> SafeString:
    others = ngettext("%(n)s other", "%(n)s others", row.others) % {"n": row.others_shown}
    blocked = _("blocked already") if row.is_blocked else ""
    return format_html(
        '{} <span class="soft small">{}</span> <span class="minus small">{}</span>',
        row.label,
        others,
        blocked,
    )


def _account_choice(account: Account) -> SafeString:
    steps = ngettext("%(n)s step away", "%(n)s steps away", account.distance)
    worth = roubles_shown(account.open_minor) if account.open_minor else ""
    standing = STANDINGS[account.standing].text if account.standing != "normal" else ""
    return format_html(
        '{} <span class="soft small">{} {}</span> <span class="minus small">{}</span>',
        account.name,
        steps % {"n": account.distance},
        worth,
        standing,
    )


def _initial(proposal: CaseEvent | None) -> dict[str, Any]:
    if proposal is None:
        return {}
    said = proposal.after
    return {
        "verdict": said.get("verdict", ""),
        "consequence": _consequence(said),
        "block": _blocked_by(said),
        "linked": said.get("linked", []),
        "snooze_rules": said.get("snooze_rules", []),
    }


def _blocked_by(said: Mapping[str, Any]) -> list[int]:
    """The identifiers that a proposal blocks, as the page lists them: mailboxes for addresses."""
    chosen = said.get("block", [])
    leads_to = mailboxes_of(chosen) if chosen else {}
    return list(dict.fromkeys(leads_to.get(key, key) for key in chosen))


def _consequence(said: Mapping[str, Any]) -> str:
    """What a proposal says should happen: only the inconclusive say it apart from the verdict."""
    if said.get("verdict") != INCONCLUSIVE:
        return ""
    return RELEASE if said.get("releases") else REFUSE


def _identifiers(
    request: HttpRequest, parties: Mapping[int, str], unmasked: set[int], now: datetime
) -> list[SeenRow]:
    found: dict[int, tuple[SeenWith, list[int]]] = {}
    for party in parties:
        for each in identifiers_of(subscriber_id=party):
            found.setdefault(each.identifier_id, (each, []))[1].append(party)
    blocked = blocked_among(list(found), now)
    may_list = request.user.has_perm("accounts.view_subscriber")
    listed = reverse("admin:accounts_subscriber_changelist")
    return [
        SeenRow(
            key,
            KINDS.get(each.kind, each.kind),
            identifier_label(each.kind, each.hint, key in unmasked),
            ", ".join(parties[party] for party in whose),
            tuple(whose),
            each.first_seen_at,
            each.last_seen_at,
            each.others,
            f"{SHARED_MAX}+" if each.others >= SHARED_MAX else str(each.others),
            key in blocked,
            f"{listed}?identifier={key}" if may_list and key in unmasked else "",
        )
        for key, (each, whose) in sorted(found.items(), key=lambda item: -item[1][0].others)
    ]


def _subject_shown(request: HttpRequest, subject: Subject) -> dict[str, Any]:
    """What the case is about: a line, its status, and where its own page is."""
    if subject.payout is not None:
        payout = subject.payout
        may_view = request.user.has_perm("loyalty.view_payout")
        return {
            "status": word_of(PAYOUT_STATUSES, payout.status),
            "address": reverse("admin:loyalty_payout_change", args=[payout.pk]) if may_view else "",
            "name": _("Open the payout"),
            "cause_address": cause_address(request, payout.cause_type, payout.cause_id),
            "limit": roubles_shown(payout.four_eyes_above_minor),
        }
    if subject.redemption is not None:
        may_view = request.user.has_perm("loyalty.view_redemption")
        page = reverse("admin:loyalty_redemption_change", args=[subject.redemption.pk])
        return {
            "status": word_of(REDEMPTION_STATUSES, subject.redemption.status),
            "address": page if may_view else "",
            "name": _("Open the redemption"),
        }
    if subject.referral is not None:
        address = cause_address(request, "referral", subject.referral.referral_id)
        return {"address": address, "name": _("Open the referral")}
    return {}


def _parties_shown(
    request: HttpRequest, case: Case, parties: Mapping[int, str]
) -> list[dict[str, Any]]:
    standings = standings_of(list(parties))
    may_read = request.user.has_perm("loyalty.view_entry")
    roles = {case.subscriber_id: _("Subscriber")}
    if case.other_id is not None:
        roles = {case.other_id: _("Invitee"), case.subscriber_id: _("Gets the benefit")}
    shown = []
    for key, name in parties.items():
        standing = standings.get(key)
        shown.append(
            {
                "id": key,
                "name": name,
                "role": roles[key],
                "address": reverse("admin:loyalty_statement", args=[key]) if may_read else "",
                "facts": reverse("admin:accounts_subscriber_change", args=[key]),
                "standing": STANDINGS[standing.standing] if standing else STANDINGS["normal"],
                "why": standing.reason if standing else "",
            }
        )
    return shown


def _held_because(known: Known) -> list[str]:
    """What the gate itself says, beyond what the rules say already."""
    said = {hit["detail"] for hit in known.case.assessment.hits} if known.case.assessment else set()
    return [
        translated(reason["detail"])
        for reason in known.subject.reasons
        if reason.get("detail") and reason["detail"] not in said
        and reason.get("code") not in ("fraud_score", *RULES)
    ]  # fmt: skip


def _proposal_shown(proposal: CaseEvent, known: Known) -> dict[str, Any]:
    said = proposal.after
    verdict = VERDICTS[said["verdict"]]
    names = {each.id: each.label for each in known.identifiers}
    accounts = {account.id: account.name for account in known.linked.accounts}
    option = known.foresight.of(said["verdict"], _consequence(said))
    return {
        "option": option,
        "by": proposal.by,
        "at": proposal.at,
        "verdict": verdict,
        "releases": said.get("releases"),
        "reason": proposal.reason,
        "block": [names.get(key, f"#{key}") for key in _blocked_by(said)],
        "linked": [accounts.get(key, f"#{key}") for key in said.get("linked", [])],
        "rules": [rule_title(name) for name in said.get("snooze_rules", []) if name in RULES],
    }


def _earlier(case: Case, parties: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "case": each,
            "band": BANDS[each.band],
            "status": VERDICTS[each.verdict] if each.verdict else STATUSES[each.status],
            "by": actor_of(each.decided_by),
        }
        for each in earlier_cases(case, parties)
    ]


def _step_shown(step: CaseEvent) -> tuple[CaseEvent, Any, Any, str, str]:
    # What a person wrote stays as it was written.
    reason = translated(step.reason) if step.by in ACTORS else step.reason
    return step, STEPS.get(step.step, step.step), actor_of(step.by), _changes(step), reason


def _changes(step: CaseEvent) -> str:
    """What a step changed, short enough for a row of a table."""
    said = []
    if "status" in step.after:
        words = [STATUSES[each].text for each in (step.before.get("status"), step.after["status"])
                 if each in STATUSES]  # fmt: skip
        said.append(" → ".join(map(str, words)))
    if step.after.get("is_escalated"):
        said.append(_("escalated"))
    if step.step in ("propose", "decide"):
        said = [str(VERDICTS[step.after["verdict"]].text)]
        for name, noun in (("block", _("identifiers blocked")), ("linked", _("accounts alike"))):
            if step.after.get(name):
                said.append(f"{len(step.after[name])} {noun}")
    return "; ".join(said)
