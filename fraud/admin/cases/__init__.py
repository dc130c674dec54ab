"""The queue of cases, and the page on which one is decided."""
