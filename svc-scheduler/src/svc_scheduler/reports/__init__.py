"""Reports that are made again and again: when they are due, and when they are old."""
