"""Facts are kept as JSON and read back as they were."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from fraud.policy.facts import Facts, Group, Match, Money, Place, Referrals

counts = st.integers(0, 10**6)
texts = st.text(max_size=8)
floats = st.floats(0, 1e6, allow_nan=False)
FACTS = st.builds(
    Facts,
    subject_type=st.sampled_from(["payout", "redemption", "join", "registration"]),
    kind=texts,
    value_minor=counts,
    matches=st.lists(st.builds(Match, texts, texts), max_size=3).map(tuple),
    accounts_on_device=st.none() | counts,
    accounts_on_ip=st.none() | counts,
    registrations_per_day=st.none() | counts,
    money=st.none() | st.builds(Money, counts, counts, counts),
    ip=st.none() | st.builds(Place, texts, texts),
    home=st.none() | st.builds(Place, texts, texts),
    referrals=st.none() | st.builds(Referrals, counts, floats, st.none() | floats),
    group=st.none() | st.builds(Group, counts, counts, st.booleans()),
    anomaly=st.none() | floats,
    above_cap=st.none() | texts,
    snoozed=st.lists(texts, max_size=2).map(tuple),
)


@given(FACTS)
def test_facts_come_back(facts: Facts) -> None:
    assert Facts.from_content(orjson.loads(orjson.dumps(facts.content()))) == facts
    # As assessments write them.
    assert Facts.from_content(orjson.loads(orjson.dumps(facts))) == facts
