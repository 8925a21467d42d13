"""Microsoft login and Graph v1.0, simulated."""
