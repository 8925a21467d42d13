"""Taking an msp out of the database."""
