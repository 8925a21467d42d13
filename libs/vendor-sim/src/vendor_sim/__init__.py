"""The three vendors, simulated over a generated estate whose ground truth is known."""
