"""The local cloud: servers that are supervised processes on this machine, or containers of its Docker engine."""
