"""The figures: one declaration per file. What several are read from is gone through once (`bench/courses`)."""
