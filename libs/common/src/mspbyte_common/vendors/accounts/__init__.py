"""Accounts as adapters see them."""
