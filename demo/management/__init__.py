"""Loading the demo by hand, or by the launcher."""
