"""OpenTelemetry traces of runs."""
