"""When to try again: exponential back-off with jitter."""

from provisioning.retry.policy import RetryPolicy

__all__ = ["RetryPolicy"]
