"""Microsoft's list of product names."""
