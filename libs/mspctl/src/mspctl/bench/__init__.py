"""What the system achieves, measured against a baseline: one declared figure per module."""
