"""The page for people: the application in a browser, rendered here, live by events, with nothing from elsewhere."""

from provisioning.api.page.answers import fail, is_of_page
from provisioning.api.page.rendering import STATIC
from provisioning.api.page.routes import router

__all__ = ["STATIC", "fail", "is_of_page", "router"]
