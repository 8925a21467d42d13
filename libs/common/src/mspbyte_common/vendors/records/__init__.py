"""External records as they are stored."""
