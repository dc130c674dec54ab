"""Placeholders: values that stand for "unknown", which strangers have in common.

What is recognised here is kept as absent. Values that only one operator's systems use are named
in the admin by their digests.
"""

import re
from collections.abc import Callable, Mapping

from accounts.policy.cards import is_masked_number
from accounts.policy.folding import compact, folded
from accounts.policy.ip_addresses import address_of, names_nobody
from accounts.policy.mailboxes import parts_of


class Placeholder(ValueError):
    """A value that names nobody."""

    def __init__(self) -> None:
        super().__init__("This stands for an unknown value, which strangers have in common.")


# Longer ones are no words for "unknown".
_WORDS_MAX = 48

_THING = (
    "(?:payment|bank|device|android|serial|ip|card|id|e|the)?"
    "(?:imei|imeisv|imsi|meid|idfa|gaid|adid|uuid|udid|mac|device|identifier|id|serial|number"
    "|fingerprint|token|card|instrument|passport|document|phone|msisdn|mail|address|ip|data|value"
    "|information|info|name|user|customer|client"
    "|(?:устройств|паспорт|документ|карт|телефон|номер|почт|емейл|имейл|адрес|данн|сведени|значени"
    "|информаци|идентификатор|имя|имеи)[а-я]{0,4})"
)
_UNKNOWN = (
    "unknown|unk|unkn|none|null|nil|nan|na|nd|no|nope|empty|blank|void|missing|absent|unavailable"
    "|unspecified|undefined|undef|undetermined|inapplicable|anonymous|anon|default|dummy|fake"
    "|placeholder|test|testtest|example|sample|string|redacted|masked|hidden|removed|deleted"
    "|withheld|tbd|todo|false|noreply|donotreply|tobefilledbyoem|defaultstring|oem"
    "|(?:is)?not(?:available|applicable|specified|set|provided|given|known|defined|present|found"
    "|supported|supplied|stated|assigned|entered|filled|recorded|determined|registered|required"
    "|allowed|permitted)"
    "|нет|нету|net|netu|неизвестн[а-я]{1,3}|неизвестен|отсутствуе?ю?т|отсутствие|пусто|пустой"
    "|прочерк|нд|на|аноним[а-я]{0,4}|скрыт[а-я]{0,3}|удален[а-я]{0,3}|тест|тестовый|пример|заглушка"
    "|умолчанию|поумолчанию|незнаю|никак[а-я]{0,3}|бн|б[сc]|нп|ну|sn|отказ[а-я]{0,4}|неизв"
    "|отсутств|objectobject"
    "|не(?:указ|зада|предъяв|опред|предост|заполн|устан|примен|имеет|введ|найд|доступ|получ|поддерж|переда"
    "|присв|требу|внес)[а-я]{0,9}"
)
_SAYS_UNKNOWN = re.compile(
    f"(?:{_THING}){{0,2}}(?:(?:no|without|нет|без|отсутствуе?ю?т){_THING}|{_UNKNOWN})"
    f"(?:{_THING}){{0,2}}|0x0*"
)
# Why there is no value. As the name of a mailbox each may be a person's.
_WHY_NONE = (
    "unset|unnamed|zeros?|invalid|illegal|corrupt(?:ed)?|restricted|denied|pending|tbc|tobeconfirmed"
    "|(?:permission|access|tracking|adtracking)(?:is)?(?:denied|disabled|restricted|off)"
    "|no(?:tracking|permission|access)|limit(?:ed)?adtracking|opt(?:ed)?out|error|err|failed|failure"
    "|exception|timeout|disabled|off|nothing|(?:no|none)given|lost|stolen|expired|foo(?:bar)?|bn"
    "|проч[а-я]{2}|другое|иное|(?:от|вы)ключен[а-я]{0,2}|запрещен[а-я]{0,2}|ошибка|уточн[а-я]{0,6}"
    "|(?:не)?действител[а-я]{0,5}|(?:утерян|утрачен|украден)[а-я]{0,2}|потом|позже"
)
_SAYS_WHY_NONE = re.compile(f"(?:{_THING}){{0,2}}(?:{_WHY_NONE})(?:{_THING}){{0,2}}")
_REPEATED = re.compile(r"(.{3,}?)\1+")
# What kind of thing it is: all phones of a system, and all cards of a brand, have it in common.
_SYSTEMS = re.compile(
    "(?:android|ios|ipados|iphone|ipad|windows|win(?:32|64)|linux|macos?|macintosh|harmonyos|web"
    "|browser|chrome|safari|firefox|desktop|mobile|tablet|smartphone|emulator|simulator|generic"
    "|goldfish|ranchu|(?:google)?sdk|app|unknown|смартфон|планшет|телефон|айфон){1,2}"
)
_MEANS_OF_PAYMENT = re.compile(
    "(?:cash|visa|mastercard|maestro|mir|amex|unionpay|apple|google|samsung|pay|paypal|sbp|qiwi"
    "|yoomoney|credit|debit|prepaid|bank|card|transfer|invoice|balance|wallet|voucher|terminal"
    "|нал|наличн[а-я]{2,3}|безнал[а-я]{0,9}|виза|мир|сбп|юmoney|счет|баланс|терминал|ваучер"
    "|кредитн[а-я]{2}|дебетов[а-я]{2}|банковск[а-я]{2}|карт[а-я]|перевод){1,3}"
)
_ZEROS = re.compile("(?:imei(?:sv)?0|(?:tok(?:en)?|fp|fingerprint|card|pm|device|id)000)0*")
_NAMES_A_THING = re.compile(f"(?:{_THING}){{1,2}}")

_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_RUNS = (
    "1234567890",
    "123456789",
    "0123456789abcdef",
    "1234567890abcdef",
    _ALPHABET,
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
)
_RUN_MIN = 3

# What phones, emulators and boards give instead of an identifier of their own, as compact text.
_DEVICES = frozenset(
    (
        # Android ids: of a whole series of Android 2.2, and of the emulator.
        "9774d56d682e549c",
        "dead00beef",
        # MAC address that phones show to apps.
        "020000000000",
        # UUIDs that boards leave the factory with, and Bluetooth's base.
        "03000200040005000006000700080009",
        "1234567812345678123456789abcdef0",
        "12345678123412341234123456789abc",
        "12345678123412341234123456789012",
        "1234567812345678 90abcddeefaabbcc".replace(" ", ""),
        "fefefefefefefefefefefefefefefefe",
        "00000000000010008000 00805f9b34fb".replace(" ", ""),
        "00112233445566778899aabbccddeeff",
        "001122334455667",
        "deadbeef",
        "deadbeefdeadbeefdeadbeefdeadbeef",
    )
)
# IMEIs that makers left in the software of many handsets, without their check digits.
_HANDSETS = ("00499901064000", "13579024681122", "35868800000015", "35867301379589")
# Of Russia, at the beginning or the end of an address. "Poste restante", and where goods are
# fetched.
_POSTCODE = re.compile(r"^\W*[0-9]{6}(?![0-9])|(?<![0-9])[0-9]{6}\W*$")
_NO_HOME = re.compile("довостребования|posterestante|самовывоз|пунктвыдачи|главпочтамт|неизвестн")
# Domains that don't exist (RFC 2606, RFC 6761), and those that clerks make up.
_NO_DOMAINS = re.compile(
    r"(?:.*\.)?(?:invalid|test|localhost|localdomain|local|none|null|unknown)"
    r"|(?:none|noe?mail|no-mail|no-e-?mail|nodomain|unknown|undefined|null|нет)\..*"
)
_CLERKS_NAMES = re.compile("nobody|noone|neukazan[ao]?|(?:net|bez)(?:e?mail|pocht[iy])|otsutstvuet")
# Written on both sides of the @.
_CLERKS_DOUBLES = re.compile("e?mail|user|client|customer|guest|temp|domain|name|abonent|почта")
# Words for "unknown" that are names or initials, too.
_ALSO_NAMES = frozenset(("nan", "nd", "sn", "бн", "бс", "бc", "нп", "ну"))


def is_placeholder(kind: str, value: str) -> bool:
    """Whether a value of this kind means that nothing is known."""
    # To whoever types, the two letters are one.
    text = compact(value).replace("ё", "е")
    if not text or _says_unknown(text):
        return True
    return _FURTHER[kind](value, text)


def _says_nothing(text: str) -> bool:
    """One character repeated, a count, or the heading of a column instead of its value.

    Also why there is none, a word twice ("null-null"), and zeros behind a heading ("IMEI: 0").
    """
    if len(text) <= _WORDS_MAX:
        repeated = _REPEATED.fullmatch(text)
        if _SAYS_WHY_NONE.fullmatch(text) or (repeated and _says_unknown(repeated[1])):
            return True
    if _ZEROS.fullmatch(text):
        return True
    is_heading = len(text) <= _WORDS_MAX and _NAMES_A_THING.fullmatch(text) is not None
    is_repeated = len(set(text)) == 1 and (len(text) > 1 or text == "0")
    return is_repeated or is_heading or _is_run(text.removeprefix("0")) or _is_run(text)


def _says_unknown(text: str) -> bool:
    return len(text) <= _WORDS_MAX and _SAYS_UNKNOWN.fullmatch(text) is not None


def _is_run(text: str) -> bool:
    """Whether somebody counted, or drew a finger along the keyboard."""
    if len(text) < _RUN_MIN:
        return False
    for run in _RUNS:
        longer = run * (len(text) // len(run) + 2)
        if text in longer or text in longer[::-1]:
            return True
    return False


def _is_nobodys_card(value: str, text: str) -> bool:
    # What is left of a card's number is refused, not passed over, whatever digits are left.
    is_nothing = _says_nothing(text) or _MEANS_OF_PAYMENT.fullmatch(text) is not None
    return is_nothing and not is_masked_number(value)


def _is_nobodys_device(value: str, text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    is_handset = 14 <= len(digits) <= 17 and digits.startswith(_HANDSETS)
    is_system = len(text) <= _WORDS_MAX and _SYSTEMS.fullmatch(text) is not None
    return _says_nothing(text) or text in _DEVICES or is_handset or is_system


def _is_nobodys_passport(value: str, text: str) -> bool:
    """No document is without digits, or has zeros only.

    Of a Russian passport, four digits are the series and six the number.
    """
    if _says_nothing(text) or not any(each.isdecimal() and each != "0" for each in text):
        return True
    is_russian = len(text) == 10 and text.isdecimal()
    return is_russian and (text.startswith("0000") or text.endswith("000000"))


def _is_nobodys_phone(value: str, text: str) -> bool:
    """One digit repeated, also behind the country's code: +7 000 000-00-00."""
    return text.isdecimal() and len(set(text[-10:])) == 1


def _is_nobodys_ip(value: str, text: str) -> bool:
    try:
        return names_nobody(address_of(value))
    except ValueError:
        return False


def _is_nobodys_email(value: str, text: str) -> bool:
    """A name that clerks write before any @, or a domain that doesn't exist."""
    try:
        name, domain = parts_of(value)
    except ValueError:
        return False
    written = compact(name.partition("+")[0])
    if len(set(written)) <= 1 or _NO_DOMAINS.fullmatch(domain):
        # Single letters are somebody's: "a@example.com" names a person, "a@a.a" does not.
        return len(written) != 1 or not written.isalpha() or domain.startswith(f"{written}.")
    if _CLERKS_NAMES.fullmatch(written) or (
        written == compact(domain.split(".")[0]) and _CLERKS_DOUBLES.fullmatch(written)
    ):
        return True
    return _is_run(written) or (written not in _ALSO_NAMES and _says_unknown(written))


def _is_nobodys_address(value: str, text: str) -> bool:
    """A town, a street or a post office, where many live: every home has a number.

    A postcode is none, and neither is 0.
    """
    if _says_nothing(text) or _NO_HOME.search(text):
        return True
    rest = _POSTCODE.sub("", folded(value))
    return not any(each.isnumeric() and each != "0" for each in rest)


_FURTHER: Mapping[str, Callable[[str, str], bool]] = {
    "card": _is_nobodys_card,
    "device": _is_nobodys_device,
    "passport": _is_nobodys_passport,
    "phone": _is_nobodys_phone,
    "ip": _is_nobodys_ip,
    "email": _is_nobodys_email,
    "mailbox": _is_nobodys_email,
    "address": _is_nobodys_address,
}
