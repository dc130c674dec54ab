"""A client that nobody here has seen: it races, repeats, kills and fuzzes a running instance.

Everything goes through HTTP, the commands of `manage.py` and the owner's SQL, so that nothing of
ours is trusted to judge itself. `make drill` runs it against the instance of var/demo.env. It
leaves its subscribers behind, and moves no clock but those of its own wallets' jobs: give it an
instance that may be thrown away.
"""
