"""The reports this service ships: each module declares one."""
