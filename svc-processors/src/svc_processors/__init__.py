"""Turns raw_data into normalized_data."""
