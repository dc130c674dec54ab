"""The trail, read from the tables of all apps."""
