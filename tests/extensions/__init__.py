"""What strangers ship, found and loaded."""
