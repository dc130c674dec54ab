"""Subscribers with what referrals know of them: their code, whom they invited, who invited them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from accounts.models import Subscriber
from loyalty.admin.gate.words import word_of
from loyalty.admin.subscribers import MemberAdmin
from referrals.admin.words import STATUSES
from referrals.policy.codes import shown_code
from referrals.queries.members import inviting_of

admin.site.unregister(Subscriber)


@admin.register(Subscriber)
class InvitingMemberAdmin(MemberAdmin):
    """Members who invite and were invited."""

    change_form_outer_after_template = "referrals/admin/subscriber_referrals.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the subscriber, with their invitations."""
        more = dict(extra_context or {})
        subscriber = self.get_object(request, object_id)
        may_see = request.user.has_perm("referrals.view_referral")
        if subscriber is not None and may_see:
            inviting = inviting_of(subscriber_id=subscriber.pk)
            more["inviting"] = inviting
            more["referral_code"] = shown_code(inviting.code) if inviting.code else ""
            more["invited"] = [
                (number, word_of(STATUSES, status).text)
                for status, number in inviting.invited.items()
            ]
        return super().change_view(request, object_id, form_url, more)
