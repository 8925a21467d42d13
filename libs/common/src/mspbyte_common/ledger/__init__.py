"""The work table: claim, split, finish, dead-letter."""
