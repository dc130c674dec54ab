"""What facts are gathered for: subjects, each with the moment as of which it is asked."""

from dataclasses import dataclass
from datetime import datetime

from loyalty.policy.gate import INVITEE_BONUS, REFERRAL_BONUS, Subject

JOIN, REGISTRATION = "join", "registration"


@dataclass(frozen=True, slots=True)
class Asked:
    """A subject, and the moment after which nothing counts."""

    subject: Subject
    at: datetime

    @property
    def focus_id(self) -> int:
        """Whose behaviour decides: the invitee of a referral, else who gets the benefit."""
        return self.subject.depends_on_id or self.subject.subscriber_id

    @property
    def inviter_id(self) -> int | None:
        """Who invites, if the subject itself says so."""
        if self.subject.type == JOIN or self.subject.kind == REFERRAL_BONUS:
            return self.subject.subscriber_id
        return None

    @property
    def referral_id(self) -> str:
        """The referral that a bonus is for, empty for other subjects."""
        is_bonus = self.subject.kind in (REFERRAL_BONUS, INVITEE_BONUS)
        return self.subject.cause_id if is_bonus else ""
