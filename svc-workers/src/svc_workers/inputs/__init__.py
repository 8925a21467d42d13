"""What the checks are told: subjects and their surroundings, as they stand now."""
