"""Backing a fleet up, and bringing it back."""
