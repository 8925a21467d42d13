"""Validates, repairs, assigns the client, derives keys."""
