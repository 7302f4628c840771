"""Tests of the store room: the journal in one SQLite file."""
