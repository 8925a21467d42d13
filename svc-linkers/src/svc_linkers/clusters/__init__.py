"""Which records are one thing: what the edges of sameness connect, unless their sources say otherwise."""
