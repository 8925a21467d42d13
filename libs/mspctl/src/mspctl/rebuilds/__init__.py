"""Rebuilds, asked for and looked at."""
