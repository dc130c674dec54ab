"""A real billing history, replayed month by month through the verbs that the API calls."""
