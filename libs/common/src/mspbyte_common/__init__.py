"""What every service shares: schema, ledger, announcements, adapters' loop, models."""
