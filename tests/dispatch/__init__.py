"""How hooks are called."""
