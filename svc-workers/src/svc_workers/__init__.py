"""Checks, findings and reports."""
