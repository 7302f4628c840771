"""What a setting names that an extension may bring: found, or refused with everything that it could name."""

from collections.abc import Callable
from difflib import get_close_matches

from provisioning.config import Configuration
from provisioning.errors import ConfigurationError, ExtensionError, Problem
from provisioning.extensions import ExtensionRecord, Offer, Registry

__all__ = ["find_offered", "problems_in"]


def find_offered(
    offer: Offer, name: str, *, key: str, core: str, configuration: Configuration, registry: Registry
) -> ExtensionRecord:
    """Return the extension that brings what the setting `key` names, which is not what the `core` brings itself.

    Raises `ConfigurationError` for a name that nobody brings, and `ExtensionNotReady` for one whose extension cannot be
    used.
    """
    if name not in registry.names(offer):
        known = [core, *registry.names(offer, is_ready=True)]
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "install or enable the extension that brings it"
        problem = configuration.problem(key, f"there is no {offer.noun} {name!r}; there is: {', '.join(known)}", hint)
        raise ConfigurationError.from_problems("the configuration", [problem])
    return registry.find(offer, name)


def problems_in(key: str, find: Callable[[], object], configuration: Configuration) -> list[Problem]:
    """Return what keeps a setting from being used, nothing when `find` finds what it names."""
    try:
        find()
    except ConfigurationError as error:
        return list(error.problems)
    except ExtensionError as error:
        return [configuration.problem(key, error.message, error.hint)]
    return []
