"""Schema, roles, connections and migrations."""
