"""Cards: a provider's fingerprint is kept, a card's number never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policy.cards import CardNumber, normal_card
from accounts.policy.folding import luhn_digit
from accounts.policy.identifiers import normal_identifier

NUMBERS = [
    *("4111111111111111", "5555555555554444", "2200123456789019", "378282246310005"),
    *("6212345678901232", "6759649826438453", "4222222222222", "6304000000000000"),
]


def written(number: str) -> list[str]:
    groups = [number[place : place + 4] for place in range(0, len(number), 4)]
    masked = [
        f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}",
        f"{number[:4]} {number[4:6]}XX XXXX {number[-4:]}",
        f"{number[:6]}xxxxxx{number[-4:]}",
        f"**** **** **** {number[-4:]}",
        f"•••• {number[-4:]}",
        f"*{number[-4:]}",
        f"{number[:6]}…{number[-4:]}",
        f"…{number[-4:]}",
        f"{number[:6]}...{number[-4:]}",
        f"Visa ****{number[-4:]}",
        f"{number[:4]}-####-####-{number[-4:]}",
        f"{number[:6]}ХХХХХХ{number[-4:]}",
    ]
    whole = [
        *(number, " ".join(groups), "-".join(groups), ".".join(groups), "/".join(groups)),
        *("\u00a0".join(groups), "\u2011".join(groups), "_".join(groups)),
        *(f"PAN: {number}", f"card {number}", f"номер карты {number}", f"карта №{number}"),
        *(f"{number} 12/27", f"{number} 12/27 123", f"{number};12/2027", f"{number} IVAN IVANOV"),
        "".join(chr(ord("０") + int(each)) for each in number),
        "".join(chr(0x660 + int(each)) for each in number),
        "\u200b".join(groups),
    ]
    return whole + masked


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_refused_however_it_is_written(number: str) -> None:
    for text in written(number):
        with pytest.raises(CardNumber, match="payment provider's fingerprint") as refused:
            normal_identifier("card", text, "RU")
        assert number[-4:] not in str(refused.value)


@given(
    body=st.from_regex(r"[2-6][0-9]{10,17}", fullmatch=True), gap=st.sampled_from(["", " ", "-"])
)
def test_every_number_of_its_length_with_its_check_digit_is_refused(body: str, gap: str) -> None:
    number = body + luhn_digit(body)
    groups = [number[place : place + 4] for place in range(0, len(number), 4)]
    with pytest.raises(CardNumber):
        normal_card(gap.join(groups))
    wrong = body + str((int(number[-1]) + 1) % 10)
    assert normal_card(wrong) == wrong


@pytest.mark.parametrize(
    "fingerprint",
    [
        *("tok_4f1c9b", "Tok_4F1C9B", "pm_1NvLqf2eZvKYlo2C", "card_1732886512345", "x1234"),
        *("2f6a1b7c-000f-5000-9000-145f6df21d6f", "6f9619ff8b86d011b42d00cf4fc964ff", "4276"),
        *("bGFzdCBvZiB0aGVt/+==", "41111111111111111111", "4111111111111112", "fp:91ab33"),
    ],
)
def test_a_fingerprint_stays_as_it_is(fingerprint: str) -> None:
    assert normal_card(f" {fingerprint} ") == fingerprint


@given(st.uuids())
def test_a_uuid_is_no_number(value: object) -> None:
    assert normal_card(str(value)) == str(value)
