"""Second factors of people: enrolled, checked and taken away."""

import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10
# No letters or digits that are taken for others.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LENGTH = 10
_DIGEST_LENGTH = 16


@transaction.atomic
def begin_enrolment(*, user: User) -> TOTPDevice:
    """Return an authenticator that waits for its first code; the same one when asked again."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    waiting, _ = TOTPDevice.objects.get_or_create(
        user=user, confirmed=False, defaults={"name": "authenticator"}
    )
    return waiting


def waiting_enrolment(*, user: User) -> TOTPDevice | None:
    """Return the authenticator that waits for its first code, if one was begun; writes nothing."""
    waiting: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return waiting


@transaction.atomic
def confirm_enrolment(*, device: TOTPDevice, code: str) -> Sequence[str] | None:
    """Let an authenticator count from its first right code on, in place of any before it.

    Returns:
        New recovery codes, in clear for this once; None if the code is wrong.
    """
    if not device.verify_token(code):
        return None
    TOTPDevice.objects.filter(user=device.user).exclude(pk=device.pk).delete()
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    return renew_recovery_codes(user=device.user)


@transaction.atomic
def renew_recovery_codes(*, user: User) -> Sequence[str]:
    """Replace somebody's recovery codes; the new ones in clear, for this once."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_digest(user, code)) for code in codes
    )
    return codes


@transaction.atomic
def device_opened_by(*, user: User, code: str) -> Any:
    """Return the device that a code belongs to, or None; a code is good once.

    After each wrong one the device waits for longer (1 s, 2 s, 4 s …), whatever is tried.
    """
    # Of two requests with the same code the second waits, and finds it used.
    written = "".join(code.split()).replace("-", "").lower()
    if written.isdigit():
        authenticators = TOTPDevice.objects.filter(user=user, confirmed=True)
        for device in authenticators.select_for_update(no_key=True):
            if device.verify_token(written):
                return device
        return None
    recovery = StaticDevice.objects.select_for_update(no_key=True).filter(user=user).first()
    if recovery is not None and recovery.verify_token(_digest(user, written)):
        return recovery
    return None


@transaction.atomic
def remove_second_factor(*, user: User) -> None:
    """Let a password do again, until another authenticator is enrolled; safe to repeat."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def _recovery_code() -> str:
    made = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    # Digits alone would be taken for a code of the authenticator.
    return _recovery_code() if made.isdigit() else f"{made[:5]}-{made[5:]}"


def _digest(user: User, code: str) -> str:
    """What the database keeps of a recovery code: enough to know it again, and no code."""
    said = f"recovery code {user.pk} {code.replace('-', '')}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), said, sha256).hexdigest()[:_DIGEST_LENGTH]
