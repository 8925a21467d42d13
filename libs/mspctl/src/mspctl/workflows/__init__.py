"""Workflows as people write them, and the actions that followed from them."""
