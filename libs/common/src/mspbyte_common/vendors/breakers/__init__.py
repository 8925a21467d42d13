"""Breakers of jobs."""
