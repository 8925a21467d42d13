"""Open runs: which are announced next, which lost their process or their announcement."""
