"""The kit for authors, tried on its own."""
