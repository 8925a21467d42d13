"""What is done about findings outside: decided here, as rows; tickets are carried out by the PSA's adapter."""
