"""Fetches Sophos Central."""
