"""The demo's subscribers as billing would report them."""

from django.conf import settings

from accounts.operations import SubscriberItem
from accounts.policy.history import StatusReport
from accounts.policy.identifiers import IdentifierDigest, identifier_digest
from accounts.policy.phones import msisdn_country
from demo.policy.customers import Life
from demo.policy.invitations import RingAccount

# What a subscriber whom no file knows says of themselves.
GENERATED = "Generated for the demo"


def digest(kind: str, value: str) -> IdentifierDigest:
    """An identifier as it is kept."""
    return identifier_digest(kind, value, settings.IDENTIFIER_KEYS, settings.IDENTIFIER_KEY_ID)


def subscriber_of(life: Life, status: str) -> SubscriberItem:
    """A customer of the file."""
    customer = life.customer
    return SubscriberItem(
        subscriber_id=customer.subscriber_id,
        msisdn=digest("phone", customer.msisdn),
        msisdn_country=msisdn_country(customer.msisdn),
        report=StatusReport(
            status=status,
            activated_at=life.activated_at,
            closed_at=life.closed_at if status == "closed" else None,
        ),
        plan=customer.plan,
        region=customer.region,
        optional={
            "contract_months": customer.contract_months,
            "contract_ends_on": life.contract_ends_on,
            "phone_verified": customer.phone_is_verified,
            "identity_verified": customer.identity_is_verified,
        },
        identifiers=(digest("card", customer.card), digest("device", customer.device)),
        personal={"msisdn": customer.msisdn},
    )


def subscriber_in_ring(account: RingAccount) -> SubscriberItem:
    """An account that is made up."""
    return SubscriberItem(
        subscriber_id=account.subscriber_id,
        msisdn=digest("phone", account.msisdn),
        msisdn_country=msisdn_country(account.msisdn),
        report=StatusReport(status="active", activated_at=account.activated_at),
        plan=GENERATED,
        region=account.region,
        optional={"phone_verified": True, "identity_verified": False},
        identifiers=(digest("card", account.card), digest("device", account.device)),
        personal={"msisdn": account.msisdn},
    )
