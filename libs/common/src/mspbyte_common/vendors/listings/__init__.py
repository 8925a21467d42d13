"""What is proved of a list."""
