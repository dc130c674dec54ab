"""django-hordak's transfers a second; run as a program, with settings of its own."""

import sys
from statistics import median
from time import perf_counter

import django

_TURNS = 5


def main() -> None:
    django.setup()
    from django.core.management import call_command
    from hordak.models import Account
    from moneyed import Money

    call_command("migrate", verbosity=0)
    accounts = [
        Account.objects.create(name=f"Bench {n}", code=str(n), type="AS", currencies=["RUB"])
        for n in range(2)
    ]
    source, destination = (Account.objects.get(pk=account.pk) for account in accounts)
    transfers = int(sys.argv[1])
    seconds = []
    for _ in range(_TURNS + 1):
        start = perf_counter()
        for n in range(transfers // 4):
            source.transfer_to(destination, Money(100 + n % 900, "RUB"))
        seconds.append(perf_counter() - start)
    print(transfers // 4 / median(seconds[1:]))


if __name__ == "__main__":
    main()
