"""What others achieve: each baseline a process of its own that reads its task as JSON and answers with what it took."""
