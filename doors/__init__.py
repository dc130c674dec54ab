"""What every door shares: strict input, problems, authentication, pages and clock commands."""
