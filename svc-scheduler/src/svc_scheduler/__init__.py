"""Finds due jobs, opens runs, retries, recovers lost work."""
