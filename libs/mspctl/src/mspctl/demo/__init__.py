"""One full sync of a generated estate, watched and summed up."""
