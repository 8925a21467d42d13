"""Billing rules: what a person writes down, and which of them hold for whom."""
