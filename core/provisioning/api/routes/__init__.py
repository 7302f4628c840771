"""The routes, one noun each."""

from provisioning.api.routes import (
    events,
    extensions,
    health,
    mounted,
    offers,
    operations,
    orphans,
    plans,
    providers,
    reference,
    servers,
    workflows,
)

__all__ = ["ROUTERS"]

ROUTERS = (
    health.router,
    plans.router,
    workflows.router,
    operations.router,
    events.router,
    servers.router,
    orphans.router,
    providers.router,
    offers.router,
    extensions.router,
    mounted.router,
    reference.router,
)
"""Every router, in the order of the document."""
