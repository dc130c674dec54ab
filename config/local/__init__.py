"""How Tenure runs on one machine: its own PostgreSQL, web server, worker and clock."""
