"""Tests of the traces of runs."""
