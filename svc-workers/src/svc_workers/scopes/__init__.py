"""What people set for checks: parameters and exceptions, by scope."""
