"""What billing says of subscribers, read; identifiers become digests before anything is kept."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.operations import GivenUp, SubscriberItem
from accounts.policy.cards import CardNumber
from accounts.policy.history import STATUSES, StatusReport
from accounts.policy.identifiers import (
    EMAIL,
    IP,
    KINDS,
    MAILBOX,
    PHONE,
    IdentifierDigest,
    Place,
    identifier_digest,
    normal_identifier,
    place_of_msisdn,
)
from accounts.policy.ip_addresses import address_of
from accounts.policy.phones import msisdn_country, normal_msisdn
from accounts.policy.placeholders import Placeholder
from accounts.policy.vault import ADDRESS, BIRTH_DATE, MSISDN, NAME
from doors.api.bodies import StrictList, StrictSerializer
from doors.api.faults import rejected
from doors.api.fields import (
    ClientId,
    DateField,
    InstantField,
    StrictBoolean,
    StrictChoice,
    StrictInteger,
    StrictString,
)

CONTRACT_MONTHS_MAX = 120
IDENTIFIERS_MAX = 50


class MsisdnField(StrictString):
    """A phone number; national ones are read as the operator's country writes them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=32, **options)

    def read(self, value: Any) -> str:
        text = super().read(value)
        try:
            return normal_msisdn(text, settings.PROGRAM_REGION, settings.PHONE_TEST_RANGES)
        except ValueError as error:
            raise rejected("not_a_phone_number", str(error)) from None

    def schema(self) -> dict[str, Any]:
        return {**super().schema(), "examples": ["+79161234567"]}


class IdentifierText(StrictString):
    """The value of an identifier of a fixed kind, as it was written; None if it names nobody."""

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__(max_length=500, **options)
        self.kind = kind

    def read(self, value: Any) -> str | None:  # type: ignore[override]
        text = super().read(value)
        return None if _read_normal(self.kind, text) is None else text


class ContractIn(StrictSerializer):
    months = StrictInteger(min_value=1, max_value=CONTRACT_MONTHS_MAX)
    ends_on = DateField()


class VerifiedIn(StrictSerializer):
    phone = StrictBoolean(required=False)
    identity = StrictBoolean(required=False)


class IdentifierIn(StrictSerializer):
    """An identifier that the subscriber has, or had until a moment.

    It has no normal form where the value stands for "unknown".
    """

    kind = StrictChoice(KINDS)
    value = StrictString(max_length=500)
    until = InstantField(
        required=False,
        allow_null=True,
        help_text="When the subscriber gave it up; absent while they have it.",
    )

    def read(self, value: Any) -> dict[str, Any]:
        values = super().read(value)
        kind, said = values["kind"], values["value"].strip()
        normal = _read_normal(kind, said, "value")
        return {"kind": kind, "value": normal, "said": said, "until": values.get("until")}


class SubscriberIn(StrictSerializer):
    """The body of `PUT /subscribers/{subscriber_id}`."""

    msisdn = MsisdnField()
    status = StrictChoice(STATUSES)
    status_since = InstantField(required=False, allow_null=True)
    activated_at = InstantField()
    closed_at = InstantField(required=False, allow_null=True)
    plan = StrictString(max_length=64)
    region = StrictString(max_length=64)
    name = StrictString(max_length=200, required=False, allow_null=True)
    birth_date = DateField(required=False, allow_null=True)
    contract = ContractIn(required=False, allow_null=True)
    verified = VerifiedIn(required=False)
    identifiers = StrictList(IdentifierIn(), max_items=IDENTIFIERS_MAX, required=False)
    reported_at = InstantField(
        required=False,
        allow_null=True,
        help_text="The moment as of which billing says this; now, if it is absent. A report that"
        " is older than the newest one changes nothing: 409 `stale_report`.",
    )


class SubscriberRow(SubscriberIn):
    """A subscriber in a list, where no address names them."""

    subscriber_id = ClientId()


def normal_of(kind: str, value: str) -> str:
    """The normal form of a value in this installation.

    Raises:
        Placeholder, CardNumber, ValueError: as `normal_identifier`.
    """
    return normal_identifier(
        kind, value, settings.PROGRAM_REGION, test_ranges=settings.PHONE_TEST_RANGES
    )


def digest_of(kind: str, value: str) -> IdentifierDigest:
    """What is kept of a value, however it is written, under the key of today.

    Raises:
        Placeholder, CardNumber, ValueError: as `normal_identifier`.
    """
    return _kept(kind, normal_of(kind, value), value)


def digest_if_given(kind: str, value: str | None) -> IdentifierDigest | None:
    """The digest of an identifier that a request may bring."""
    return None if value is None else digest_of(kind, value)


def _read_normal(kind: str, text: str, *place: str) -> str | None:
    """The normal form of a value that a client sent, None if it stands for "unknown".

    Raises:
        Rejected: it can't be of this kind, or may not be kept.
    """
    try:
        return normal_of(kind, text)
    except Placeholder:
        return None
    except CardNumber as error:
        raise rejected("card_number", str(error), *place) from None
    except ValueError as error:
        raise rejected("not_of_this_kind", str(error), *place) from None


def _kept(kind: str, normal: str, said: str) -> IdentifierDigest:
    keys, key_id = settings.IDENTIFIER_KEYS, settings.IDENTIFIER_KEY_ID
    itself = identifier_digest(kind, normal, keys, key_id, _place_of(kind, normal, said))
    if kind != EMAIL:
        return itself
    mailbox = identifier_digest(MAILBOX, normal_of(MAILBOX, said), keys, key_id)
    return replace(itself, mailbox=mailbox)


def _place_of(kind: str, normal: str, said: str) -> Place | None:
    """Where a number or address belongs, which nobody can tell from its digest later."""
    if kind == PHONE:
        return place_of_msisdn(normal)
    if kind == IP and settings.IP_LOCATOR:
        place: Place | None = import_string(settings.IP_LOCATOR)(str(address_of(said)))
        return place
    return None


def subscriber_item(subscriber_id: str, said: dict[str, Any]) -> SubscriberItem:
    """A report in the words of the verb that takes it in."""
    optional: dict[str, Any] = {}
    if "contract" in said:
        contract = said["contract"] or {}
        optional["contract_months"] = contract.get("months")
        optional["contract_ends_on"] = contract.get("ends_on")
    for name, value in said.get("verified", {}).items():
        optional[f"{name}_verified"] = value
    identifiers = [
        (_kept(each["kind"], each["value"], each["said"]), each["until"]) for each in _known(said)
    ]
    return SubscriberItem(
        subscriber_id=subscriber_id,
        msisdn=_kept(PHONE, said["msisdn"], said["msisdn"]),
        msisdn_country=msisdn_country(said["msisdn"]),
        report=StatusReport(
            status=said["status"],
            activated_at=said["activated_at"],
            status_since=said.get("status_since"),
            closed_at=said.get("closed_at"),
        ),
        plan=said["plan"],
        region=said["region"],
        optional=optional,
        identifiers=tuple(identifier for identifier, until in identifiers if until is None),
        given_up=tuple(
            GivenUp(identifier, until) for identifier, until in identifiers if until is not None
        ),
        personal=_personal(said),
        reported_at=said.get("reported_at"),
    )


def _known(said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The identifiers of a report, without those that stand for "unknown"."""
    return (each for each in said.get("identifiers", ()) if each["value"] is not None)


def _personal(said: dict[str, Any]) -> dict[str, str | None]:
    """What a report says that only the vault may hold: of several e-mail addresses the last."""
    personal: dict[str, str | None] = {MSISDN: said["msisdn"]}
    for each in _known(said):
        if each["kind"] in (EMAIL, ADDRESS) and each["until"] is None:
            personal[each["kind"]] = each["said"]
    if NAME in said:
        personal[NAME] = said[NAME]
    if BIRTH_DATE in said:
        birth_date = said[BIRTH_DATE]
        personal[BIRTH_DATE] = birth_date.isoformat() if birth_date is not None else None
    return personal
