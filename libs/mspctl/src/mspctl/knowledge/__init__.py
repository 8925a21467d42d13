"""What is known and said: entities, findings, quarantine."""
