"""Autotask PSA REST v1.0, simulated."""
