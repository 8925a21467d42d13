"""Key-encryption keys and data keys: what is wrapped with which, and their rotation."""
