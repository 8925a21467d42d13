"""Billing rules, reconciliations, and which source knows what."""
