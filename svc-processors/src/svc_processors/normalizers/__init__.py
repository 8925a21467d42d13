"""One file per (vendor, resource)."""
