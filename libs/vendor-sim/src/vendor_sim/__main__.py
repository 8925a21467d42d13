"""`python -m vendor_sim`."""

from vendor_sim.cli import app

app(prog_name="vendor-sim")
