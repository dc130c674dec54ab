"""django-hordak's transfers, as many as each line of input says; a program of its own settings."""

import sys

import django


def main() -> None:
    """Answer each line when its transfers are made."""
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
    for line in sys.stdin:
        for n in range(int(line)):
            source.transfer_to(destination, Money(100 + n % 900, "RUB"))
        print("done", flush=True)


if __name__ == "__main__":
    main()
