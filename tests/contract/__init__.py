"""The public face of the project."""
