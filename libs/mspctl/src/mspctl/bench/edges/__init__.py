"""An estate of keys, the link work on it, and the same edges kept by tags."""
