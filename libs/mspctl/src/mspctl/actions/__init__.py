"""Actions outside: switches, approval, audit."""
