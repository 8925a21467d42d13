"""Courses of things, each gone through once, from which several figures are read."""
