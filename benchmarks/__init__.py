"""How fast Tenure is, as ratios against floors that are measured in the same run.

`python -m benchmarks [names…]` measures in databases of its own, beside the one that
DATABASE_URL names, and drops them at the end.
"""
