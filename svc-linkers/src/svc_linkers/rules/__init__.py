"""Link rules, a module per theme."""
