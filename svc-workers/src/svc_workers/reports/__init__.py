"""Reports: one set of numbers, in three forms."""
