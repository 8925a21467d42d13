"""Which subjects a piece of work is about."""
