"""One command per job of the clock; each calls the verb that its task calls."""
