"""What is let go after its time."""
