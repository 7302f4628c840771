"""Tests of the journal on PostgreSQL, where it is another one than in a file."""
