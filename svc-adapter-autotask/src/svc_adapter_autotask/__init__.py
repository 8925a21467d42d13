"""Fetches Autotask PSA."""
