"""What is done outside, once each: claimed, carried out, and what became of it."""
