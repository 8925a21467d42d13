"""What the scheduler, which sees every msp, shows of the whole fleet."""
