"""The provider `hetzner`: servers in Hetzner's cloud."""
