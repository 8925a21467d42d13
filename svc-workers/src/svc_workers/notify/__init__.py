"""Messages to people and their systems: webhooks and mail."""
