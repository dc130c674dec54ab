"""Files of subscribers or charges, taken in row by row through the verbs beneath."""
