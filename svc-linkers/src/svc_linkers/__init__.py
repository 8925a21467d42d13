"""Keeps entity_relationship true to the keys."""
