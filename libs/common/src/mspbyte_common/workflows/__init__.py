"""What is to follow from findings, as people declare it: mspctl reads it, svc-workers act on it."""
