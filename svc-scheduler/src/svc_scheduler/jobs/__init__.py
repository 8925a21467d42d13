"""Jobs: which there are, which are due, and what becomes of their instants."""
