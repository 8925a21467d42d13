"""Which records are linked, why, and what a person says of it."""
