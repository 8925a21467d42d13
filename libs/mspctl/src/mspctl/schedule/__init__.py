"""When: jobs, runs and how fresh what we know is."""
