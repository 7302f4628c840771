"""The client: the application of another machine, asked over HTTP as if it were here."""
