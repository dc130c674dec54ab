"""Program terms in the admin: read, told apart, drafted, proposed and activated."""

from loyalty.admin.terms.admin import TermsAdmin

__all__ = ["TermsAdmin"]
