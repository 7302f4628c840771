"""What happens, told to people in plain lines: the same on a terminal and on the page."""
