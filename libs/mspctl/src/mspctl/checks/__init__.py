"""Parameters, exceptions and dry runs of checks, and groups of clients."""
