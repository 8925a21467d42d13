"""The life of findings."""
