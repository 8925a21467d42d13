"""Dry runs of checks."""
