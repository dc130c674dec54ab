"""Points, money, moments and refusals: pure Python, no Django, no clock, no database."""
