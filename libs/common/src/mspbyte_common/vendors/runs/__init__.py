"""Runs under lease."""
