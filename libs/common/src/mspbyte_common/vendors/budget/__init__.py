"""Budgets that all replicas share: rates are leased in slices, places held in turns, pauses told to everybody."""
