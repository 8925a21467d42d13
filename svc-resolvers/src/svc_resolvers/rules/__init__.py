"""Repairs, one declaration each."""
