"""Somebody who invites, with a code."""

from datetime import datetime, timedelta

import pytest

from referrals.operations.referral_codes import referral_code_of
from tests.factories import register


@pytest.fixture
def code(db: None, now: datetime) -> str:
    """The code of an active subscriber called "inviter"."""
    register("inviter", now=now - timedelta(days=400))
    return referral_code_of(subscriber_id="inviter", now=now).code
