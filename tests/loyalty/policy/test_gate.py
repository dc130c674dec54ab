"""The gate: which step leads from where, who decides alone, and what a machine may decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.policy.gate import (
    FOUR_EYES,
    PAYOUT_STATUSES,
    STEPS,
    Course,
    Reason,
    Said,
    Screening,
    SecondVerdictNeeded,
    Standing,
    StepNotPossible,
    foretell,
    passes,
    refusal_for_step,
)

LIMIT = 300_000
WHY = (Reason("why", "Because."),)

# By step: where it leads, and from where.
LEADS: dict[str, tuple[str, set[str]]] = {
    "clear": ("cleared", {"requested", "in_review"}),
    "hold": ("in_review", {"requested", "cleared"}),
    "refuse": ("refused", {"requested", "in_review"}),
    "reopen": ("in_review", {"refused"}),
    "freeze": ("frozen", {"cleared"}),
    "unfreeze": ("cleared", {"frozen"}),
    "pay": ("paid", {"cleared"}),
    "reinstate": ("cleared", {"cancelled", "clawed_back"}),
    "cancel": ("cancelled", {"requested", "in_review", "cleared", "frozen"}),
    "claw_back": (
        "clawed_back",
        # Again, too: another part may have been paid meanwhile, or an earlier departure be
        # learnt of, whose window takes more in.
        {"in_review", "cleared", "frozen", "paid", "refused", "cancelled", "clawed_back"},
    ),
}


def test_every_step_is_known() -> None:
    assert set(STEPS) == set(LEADS)


@pytest.mark.parametrize("status", PAYOUT_STATUSES)
@pytest.mark.parametrize("step", LEADS)
def test_a_step_leads_from_some_statuses_and_is_refused_elsewhere(step: str, status: str) -> None:
    target, sources = LEADS[step]
    refusal = refusal_for_step(step, status)
    assert STEPS[step].target == target
    assert (refusal is None) == (status in sources)
    assert refusal is None or isinstance(refusal, StepNotPossible)


def standing(value: int, maker: str | None = None, proposed: str = "") -> Standing:
    return Standing("in_review", value, LIMIT, maker, proposed)


def is_decided(known: Standing, verdict: str, by: str) -> bool:
    foretold = foretell(known, verdict, by)
    if foretold.refusal is not None:
        raise foretold.refusal
    return foretold.is_final


@pytest.mark.parametrize("verdict", ["clear", "refuse"])
@pytest.mark.parametrize(
    ("known", "by", "decided"),
    [
        (standing(LIMIT), "ann", True),
        (standing(LIMIT, "ann", "clear"), "ben", True),
        (standing(LIMIT, "ann", "refuse"), "ben", True),
        (standing(LIMIT + 1), "ann", False),
        (standing(0), "ann", True),
    ],
)
def test_up_to_the_limit_one_person_decides(
    known: Standing, by: str, decided: bool, verdict: str
) -> None:
    assert is_decided(known, verdict, by) is decided


@pytest.mark.parametrize(
    ("proposed", "by", "verdict", "decided"),
    [
        ("clear", "ben", "clear", True),
        ("refuse", "ben", "refuse", True),
        ("clear", "ben", "refuse", False),
        ("refuse", "ben", "clear", False),
        # Whoever changes their mind proposes anew.
        ("clear", "ann", "refuse", False),
        ("refuse", "ann", "clear", False),
    ],
)
def test_above_the_limit_another_person_has_to_agree(
    proposed: str, by: str, verdict: str, decided: bool
) -> None:
    assert is_decided(standing(LIMIT + 1, "ann", proposed), verdict, by) is decided


@pytest.mark.parametrize("value", [LIMIT, LIMIT + 1])
@pytest.mark.parametrize("verdict", ["clear", "refuse"])
def test_nobody_agrees_with_themselves(verdict: str, value: int) -> None:
    with pytest.raises(SecondVerdictNeeded):
        is_decided(standing(value, "ann", verdict), verdict, "ann")


def test_up_to_the_limit_whoever_asked_for_it_may_take_it_back() -> None:
    assert is_decided(standing(LIMIT, "ann", "clear"), "refuse", "ann")


@pytest.mark.parametrize("value", [LIMIT, LIMIT + 1])
@pytest.mark.parametrize(("maker", "proposed"), [("ann", "clear"), ("ben", "clear"), (None, "")])
def test_nobody_clears_what_they_have_asked_for_whatever_came_between(
    value: int, maker: str | None, proposed: str
) -> None:
    known = Standing("in_review", value, LIMIT, maker, proposed, requested_by="ann")
    foretold = foretell(known, "clear", "ann")
    assert foretold.course is Course.REFUSED
    assert isinstance(foretold.refusal, SecondVerdictNeeded)


@pytest.mark.parametrize(
    ("maker", "proposed", "verdict", "course", "said"),
    [
        (None, "", "clear", Course.PROPOSES, None),
        ("ann", "clear", "clear", Course.CONFIRMS, Said("ann", "clear", True)),
        ("ann", "clear", "refuse", Course.REPLACES, Said("ann", "clear", True)),
        ("cat", "refuse", "refuse", Course.CONFIRMS, Said("cat", "refuse", False)),
        ("cat", "refuse", "clear", Course.REPLACES, Said("cat", "refuse", False)),
    ],
)
def test_above_the_limit_a_request_is_the_first_of_two(
    maker: str | None, proposed: str, verdict: str, course: Course, said: Said | None
) -> None:
    known = Standing("in_review", LIMIT + 1, LIMIT, maker, proposed, requested_by="ann")
    assert foretell(known, verdict, "ben")[:2] == (course, said)


@given(
    verdicts=st.lists(
        st.tuples(st.sampled_from(("clear", "refuse")), st.sampled_from(("ann", "ben", "cat"))),
        max_size=8,
    )
)
def test_however_they_take_turns_two_persons_agree_in_the_end(
    verdicts: list[tuple[str, str]],
) -> None:
    maker, proposed = None, ""
    for verdict, by in verdicts:
        try:
            decided = is_decided(standing(LIMIT + 1, maker, proposed), verdict, by)
        except SecondVerdictNeeded:
            continue
        if decided:
            assert maker is not None
            assert (maker != by, proposed) == (True, verdict)
            return
        maker, proposed = by, verdict


@pytest.mark.parametrize("outcome", ["clear", "wait", "review", "refuse"])
def test_up_to_the_limit_the_screen_has_its_way(outcome: str) -> None:
    screening = Screening(outcome, WHY)
    assert passes(standing(LIMIT), screening) == screening


@pytest.mark.parametrize(
    ("outcome", "becomes"),
    [
        ("clear", Screening("review", (*WHY, FOUR_EYES))),
        ("refuse", Screening("review", (*WHY, FOUR_EYES))),
        ("review", Screening("review", WHY)),
        ("wait", Screening("wait", WHY)),
    ],
)
def test_above_the_limit_a_machine_decides_nothing(outcome: str, becomes: Screening) -> None:
    assert passes(standing(LIMIT + 1), Screening(outcome, WHY)) == becomes
