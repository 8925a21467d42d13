"""Records derived anew: asked for by a person, or by a new version of a mapper or of rules."""
