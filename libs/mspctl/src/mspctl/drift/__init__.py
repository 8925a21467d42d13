"""Shapes of records, and where they were left."""
