"""The command line: one face of the application, with no logic of its own."""
