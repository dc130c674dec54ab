"""Words of policies, as people choose among them."""


def choices_of(values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Words as the choices of a column."""
    return [(value, value.replace("_", " ")) for value in values]
