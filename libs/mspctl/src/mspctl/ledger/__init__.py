"""What is still to be done, and what could not be."""
