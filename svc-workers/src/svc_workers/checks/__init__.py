"""One file per check: what it asks, why, and what to do about it."""
