"""Mailboxes: every address of one leads there, and two mailboxes stay two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policy.mailboxes import mailbox_of, normal_email

NAMES = st.from_regex(r"[a-z][a-z0-9]{2,10}", fullmatch=True)
TAGS = st.from_regex(r"[a-z0-9.+-]{0,8}", fullmatch=True)


@pytest.mark.parametrize(
    ("mailbox", "aliases"),
    [
        (
            "ivanpetrov@gmail.com",
            [
                *("Ivan.Petrov@gmail.com", "i.v.a.n.petrov@googlemail.com", "ivanpetrov@GMAIL.com"),
                *("ivanpetrov+shop@gmail.com", "ivan.petrov+a+b@googlemail.com"),
            ],
        ),
        (
            "ivan-petrov@yandex.ru",
            [
                *("ivan.petrov@ya.ru", "Ivan-Petrov@yandex.com", "ivan.petrov@yandex.by"),
                *("ivan-petrov@yandex.kz", "ivan.petrov@yandex.ua", "ivan.petrov@narod.ru"),
                *("ivan-petrov+x@yandex.uz", "ivan.petrov@яндекс.рф", "ivan.petrov@yandex.com.tr"),
            ],
        ),
        (
            "ivan.petrov@mail.ru",
            [
                *("Ivan.Petrov@bk.ru", "ivan.petrov@list.ru", "ivan.petrov+x@inbox.ru"),
                "ivan.petrov@internet.ru",
            ],
        ),
        ("ann@icloud.com", ["ann@me.com", "ANN@mac.com"]),
        ("annsmith@proton.me", ["ann.smith@protonmail.com", "ann_smith+x@pm.me"]),
        ("ann@xn--e1afmkfd.xn--p1ai", ["Ann@пример.рф", "ann@xn--e1afmkfd.xn--p1ai."]),
    ],
)
def test_every_alias_leads_to_the_mailbox(mailbox: str, aliases: list[str]) -> None:
    assert {mailbox_of(each) for each in (mailbox, *aliases)} == {mailbox}


@given(name=NAMES, tag=TAGS, domain=st.sampled_from(["example.com", "gmail.com", "rambler.ru"]))
def test_case_and_tags_lead_to_one_mailbox(name: str, tag: str, domain: str) -> None:
    written = f"{name}+{tag}@{domain}"
    assert mailbox_of(written) == mailbox_of(written.upper()) == f"{name}@{domain}"
    # The address itself stays another one.
    assert normal_email(written) != normal_email(f"{name}@{domain}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ivan.petrov@mail.ru", "ivanpetrov@mail.ru"),
        ("ivan.petrov@example.com", "ivanpetrov@example.com"),
        ("ivan.petrov@yandex.ru", "ivanpetrov@yandex.ru"),
        ("ivan@gmail.com", "ivan@mail.ru"),
        ("ivan@outlook.com", "ivan@hotmail.com"),
        ("ivan@rambler.ru", "ivan@lenta.ru"),
        ("ivan@yandex-team.ru", "ivan@yandex.ru"),
        ("+one@example.com", "+two@example.com"),
        ("...@gmail.com", ".@gmail.com"),
    ],
)
def test_two_mailboxes_are_two(one: str, other: str) -> None:
    assert mailbox_of(one) != mailbox_of(other)


@given(one=NAMES, other=NAMES, domain=st.sampled_from(["gmail.com", "yandex.ru", "bk.ru", "a.io"]))
def test_two_names_are_two_mailboxes(one: str, other: str, domain: str) -> None:
    same = mailbox_of(f"{one}@{domain}") == mailbox_of(f"{other}@{domain}")
    assert same == (one == other)
