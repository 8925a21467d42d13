"""What a person says of findings."""
