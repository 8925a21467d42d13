"""Sophos Central: identity, partner API and the data regions, simulated."""
