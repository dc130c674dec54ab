"""Links between the pages of the admin."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Subscriber


def statement_link(subscriber: Subscriber) -> SafeString:
    """A subscriber's id, leading to their statement."""
    address = reverse("admin:loyalty_statement", args=[subscriber.pk])
    return format_html('<a class="link" href="{}">{}</a>', address, subscriber.external_id)


def terms_link(number: int) -> SafeString:
    """A version of the terms, leading to its page."""
    address = reverse("admin:loyalty_termsversion_change", args=[number])
    return format_html('<a class="link" href="{}">{}</a>', address, number)


def credit_address(subscriber_id: str) -> str:
    """Where a goodwill credit is asked for, with the subscriber filled in."""
    return f"{reverse('admin:loyalty_payout_credit')}?{urlencode({'subscriber': subscriber_id})}"
