"""Billed against actual: what the contracts bill of each service, beside what is counted."""
