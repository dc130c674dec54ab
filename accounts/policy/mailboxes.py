"""Mailboxes: the one form of all e-mail addresses that lead to the same place.

Gmail drops dots, Yandex takes a dot for a hyphen and gives every name on all its domains, Apple
and Proton have several domains for one mailbox. On Mail.ru's domains a name may be two persons'.
They are folded all the same: to register the other one's name on the next domain is the cheapest
way to invite oneself, and that two strangers of one name invite each other hardly happens. A match
of e-mail addresses alone marks nobody.
"""

from accounts.policy.folding import folded

_GMAIL, _YANDEX, _MAIL_RU, _APPLE, _PROTON = (
    "gmail.com",
    "yandex.ru",
    "mail.ru",
    "icloud.com",
    "proton.me",
)
# fmt: off
_YANDEX_ENDS = (
    "ru", "com", "by", "kz", "ua", "uz", "az", "com.am", "com.ge", "com.tr", "co.il", "ee", "eu",
    "fi", "fr", "kg", "lt", "lv", "md", "pl", "tj", "tm",
)
# fmt: on
_ONE_MAILBOX: dict[str, str] = {
    "googlemail.com": _GMAIL,
    **dict.fromkeys((f"yandex.{end}" for end in _YANDEX_ENDS), _YANDEX),
    **dict.fromkeys(("ya.ru", "narod.ru", "xn--d1acpjx3f.xn--p1ai"), _YANDEX),
    **dict.fromkeys(("bk.ru", "list.ru", "inbox.ru", "internet.ru", "xmail.ru"), _MAIL_RU),
    **dict.fromkeys(("me.com", "mac.com"), _APPLE),
    **dict.fromkeys(("protonmail.com", "protonmail.ch", "pm.me"), _PROTON),
}
_DROPPED = {_GMAIL: str.maketrans("", "", "."), _PROTON: str.maketrans("", "", ".-_")}
_ALIKE = {_YANDEX: str.maketrans(".", "-")}


def parts_of(value: str) -> tuple[str, str]:
    """Name and domain of an e-mail address, folded.

    Raises:
        ValueError: it has not both.
    """
    name, at, domain = folded(value).strip().rpartition("@")
    if not (name and at and domain):
        raise ValueError("An e-mail address has a name and a domain.")
    return name, domain


def normal_email(value: str) -> str:
    """An e-mail address without differences of case.

    Raises:
        ValueError: it has no name or no domain.
    """
    return "@".join(parts_of(value))


def mailbox_of(value: str) -> str:
    """The mailbox that an e-mail address leads to.

    Raises:
        ValueError: it has no name or no domain.
    """
    written, domain = parts_of(value)
    domain = _in_ascii(domain.strip().rstrip("."))
    domain = _ONE_MAILBOX.get(domain, domain)
    name = written.strip().strip('"').partition("+")[0]
    name = name.translate(_DROPPED.get(domain, {})).translate(_ALIKE.get(domain, {}))
    # Of "+tag@…" or "...@gmail.com" nothing would be left: such addresses are nobody's alias.
    return f"{name or written}@{domain}"


def _in_ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
