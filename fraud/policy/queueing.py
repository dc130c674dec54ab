"""Which queue a screened subject waits in for a person, if any."""

from decimal import Decimal

from fraud.policy.cases import ACCOUNT, GATE, SAMPLE
from fraud.policy.rules import BENEFITS
from fraud.policy.sampling import is_sampled
from fraud.policy.scoring import Judgement
from loyalty.policy.gate import Subject

# A person has found this subscriber to be a fraud: what is refused for it is refused rightly.
_DECIDED = "subscriber_blocked"


def queue_for(subject: Subject, judgement: Judgement, sample_share: Decimal) -> str:
    """The queue of a subject's case, or nothing.

    What is to be reviewed waits in the queue of the gate. Of what was refused a person sees
    afterwards whether it was right, because a subscriber who is wrongly blocked is a customer
    lost. A share of what was cleared is drawn at random.
    """
    is_benefit = subject.type in BENEFITS
    if judgement.outcome == "review":
        return GATE if is_benefit else ACCOUNT
    if judgement.outcome == "refuse":
        is_settled = is_benefit and any(hit.rule == _DECIDED for hit in judgement.hits)
        return "" if is_settled else ACCOUNT
    if judgement.outcome == "clear" and subject.type == "payout":
        return SAMPLE if is_sampled(subject.type, subject.id, sample_share) else ""
    return ""
