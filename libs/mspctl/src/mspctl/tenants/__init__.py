"""Who: msps, connections, accounts, clients."""
