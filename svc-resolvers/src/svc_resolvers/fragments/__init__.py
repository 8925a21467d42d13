"""Which records are one thing: a module per kind."""
