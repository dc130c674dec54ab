"""What each verdict over a case would do, if this person gave it now: in words."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from doors.amounts import roubles_shown
from doors.translation import translated
from fraud.admin.words import VERDICTS
from fraud.models import Case
from fraud.policy.cases import FALSE_POSITIVE, FRAUD, INCONCLUSIVE, SAMPLE, Analyst
from fraud.policy.courses import Act, CaseCourse, Met, Move, course_of, person_course
from fraud.policy.standings import BLOCKED, NORMAL
from fraud.policy.verdicts import REFUSE, RELEASE
from fraud.queries.met import met_by_verdicts, payouts_about
from loyalty.admin.gate.words import (
    PAYOUT_KINDS,
    PAYOUT_STATUSES,
    REDEMPTION_STATUSES,
    word_of,
)
from loyalty.admin.payouts.steps import effect_of, foreseen
from loyalty.admin.payouts.wording import course_in_words, reason_said, said_in_words
from loyalty.models import Payout
from loyalty.policy.gate import Course, Foretold
from loyalty.policy.payouts import waives_caps
from referrals.admin.words import STATUSES as REFERRAL_STATUSES

# Each verdict that can be given, with what the inconclusive say.
OPTIONS = ((FRAUD, ""), (FALSE_POSITIVE, ""), (INCONCLUSIVE, RELEASE), (INCONCLUSIVE, REFUSE))


class Option(NamedTuple):
    """A verdict, how it would go, and what it would bring.

    Attributes:
        lead: whether it decides, and whose verdict it confirms or replaces.
        effects: what would happen at once.
    """

    verdict: str
    consequence: str
    course: Course
    title: Any
    lead: str
    effects: list[str]

    @property
    def is_possible(self) -> bool:
        """Whether this person can give it."""
        return self.course is not Course.REFUSED

    @property
    def is_final(self) -> bool:
        """Whether it would decide the case."""
        return self.course in (Course.DECIDES, Course.CONFIRMS)

    @property
    def sentence(self) -> str:
        """All of it in a row."""
        return " ".join([self.lead, *self.effects])


class Foresight(NamedTuple):
    """What is said beside the verdicts over a case.

    Attributes:
        notice: the four-eyes limit where it matters, and who has said what before, and why.
        options: each verdict.
    """

    notice: list[str]
    options: list[Option]

    def of(self, verdict: str, consequence: str = "") -> Option:
        """One of the verdicts."""
        return next(o for o in self.options if (o.verdict, o.consequence) == (verdict, consequence))


def foresight_of(cases: Sequence[Case], by: Analyst) -> dict[int, Foresight]:
    """What each verdict over these cases would do, in a fixed number of statements."""
    payouts = payouts_about(cases)
    met = met_by_verdicts(cases, payouts)
    return {case.pk: _foresight(case, met[case.pk], payouts[case.pk], by) for case in cases}


def _foresight(case: Case, met: Met, payouts: Sequence[Payout], by: Analyst) -> Foresight:
    by_id = {str(payout.pk): payout for payout in payouts}
    options = []
    for verdict, consequence in OPTIONS:
        course = course_of(met, verdict, consequence, by.name)
        effects = _effects(case, met, course, verdict, by_id) if course.is_final else []
        title = VERDICTS[verdict].text
        if consequence:
            what = _("release it") if consequence == RELEASE else _("refuse it")
            title = f"{title}, {what}"
        options.append(
            Option(verdict, consequence, course.course, title, _lead(course, by), effects)
        )
    return Foresight(_notice(met, payouts), options)


def _notice(met: Met, payouts: Sequence[Payout]) -> list[str]:
    said = []
    above = next((b for b in met.benefits if b.standing.needs_two and met.needs_two), None)
    if above is not None:
        limit = roubles_shown(above.standing.four_eyes_above_minor)
        said.append(_("Above %(limit)s nobody decides alone.") % {"limit": limit})
    if met.said is not None:
        payout = next(p for p in payouts if p.maker == met.said.by)
        said.append(said_in_words(met.said, reason_said(payout)))
    return said


def _lead(course: CaseCourse, by: Analyst) -> str:
    if course.stopped is not None:
        return translated(course.stopped.detail)
    lead = course_in_words(Foretold(course.course, course.said, course.refusal), by.name)
    if course.course in (Course.PROPOSES, Course.REPLACES):
        rest = _("Nothing else happens before that.")
        return f"{lead} {rest}"
    return lead or _("It decides the case.")


def _effects(
    case: Case, met: Met, course: CaseCourse, verdict: str, payouts: Mapping[str, Payout]
) -> list[str]:
    said = [_of_payout(move, payouts[move.benefit.id], met) for move in course.moves]
    if met.queue == SAMPLE and verdict != FRAUD:
        said.append(_("Nothing changes: it was paid already."))
    elif met.subject_type == "redemption":
        said.append(_of_redemption(met, course))
    elif met.subject_type == "join":
        said.append(_of_referral(met, course))
    elif met.subject_type == "registration":
        said.append(_("No benefit waits for it."))
    return said + _of_person(case, verdict)


def _of_payout(move: Move, payout: Payout, met: Met) -> str:
    if move.act is Act.TAKE_BACK:
        words = str(foreseen(payout, "claw_back", "").words)
    elif move.act is Act.STAY:
        status = word_of(PAYOUT_STATUSES, payout.status).text
        words = _("It stays as it is: %(status)s.") % {"status": status}
    else:
        words = str(effect_of(payout, "clear" if move.act is Act.RELEASE else "refuse"))
    if move.act is Act.RELEASE and not _waives(payout):
        rest = _("A part that exceeds a limit would bring it back to review.")
        words = f"{words} {rest}"
    if met.subject_type == "payout":
        return words
    kind, value = PAYOUT_KINDS[payout.kind], roubles_shown(payout.value_minor)
    return f"{str(kind).capitalize()}, {value}: {words}"


def _waives(payout: Payout) -> bool:
    return payout.caps_waived or waives_caps(payout.kind, payout.reasons)


def _of_redemption(met: Met, course: CaseCourse) -> str:
    if course.subject is Act.RELEASE:
        return _("Its reservation will hold from now on.")
    if course.subject is Act.REFUSE:
        return _("Its points will go back.")
    status = word_of(REDEMPTION_STATUSES, met.status).text
    return _("It stays as it is: %(status)s.") % {"status": status}


def _of_referral(met: Met, course: CaseCourse) -> str:
    if course.subject is Act.REFUSE:
        return _("The referral is refused.")
    status = word_of(REFERRAL_STATUSES, met.status).text
    return _("The referral stays as it is: %(status)s.") % {"status": status}


def _of_person(case: Case, verdict: str) -> list[str]:
    who = case.other.external_id if case.other is not None else case.subscriber.external_id
    course = person_course(case.queue, verdict)
    if course.standing == BLOCKED:
        return [
            _(
                "%(who)s is blocked: every later benefit is refused, and their other cleared "
                "payouts are frozen."
            )
            % {"who": who}
        ]
    if course.standing == NORMAL:
        return [
            _("%(who)s is in normal standing afterwards, and their frozen payouts go on.")
            % {"who": who}
        ]
    return [_("The standing of %(who)s stays as it is.") % {"who": who}]
