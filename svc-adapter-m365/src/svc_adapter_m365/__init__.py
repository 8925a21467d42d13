"""Fetches Microsoft 365."""
