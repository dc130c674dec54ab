"""Who a subscriber is: their line, their standing with the operator, their identifiers."""
