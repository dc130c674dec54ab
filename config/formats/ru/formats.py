"""Days in figures, as Russian tables have them; a narrow space between thousands."""

DATE_FORMAT = "d.m.Y"
DATETIME_FORMAT = "d.m.Y, H:i"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y, H:i"
TIME_FORMAT = "H:i"
MONTH_DAY_FORMAT = "d.m"
YEAR_MONTH_FORMAT = "F Y"
FIRST_DAY_OF_WEEK = 1
DECIMAL_SEPARATOR = ","
# Narrow and no-break: four digits and more stay together in a table.
THOUSAND_SEPARATOR = "\u202f"
NUMBER_GROUPING = 3
