"""The commands: each in the module of its own path, as `tree.py` says."""
