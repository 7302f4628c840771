"""The HTTP API: the same application, for programs and for the page that people watch."""

from provisioning.api.application import create_api
from provisioning.api.settings import ApiSettings

__all__ = ["ApiSettings", "create_api"]
