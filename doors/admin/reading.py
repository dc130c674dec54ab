"""What a page shows before something is decided, named by its digest in the page's form."""

from django.http import HttpRequest

# The hidden field of a form whose page was read before it is sent.
FIELD = "digest"


def digest_read(request: HttpRequest) -> str:
    """The digest of what was read; empty where the page named none, which agrees with nothing."""
    return request.POST.get(FIELD, "")
