"""Contracts of what is told: values survive JSON, times are in UTC, and no secret is among them."""

import dataclasses
import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from provisioning.contract import Server
from provisioning.errors import ProvisioningError
from provisioning.testing.conformance.trial import Trial

__all__ = ["ValueContracts"]


class ValueContracts:
    """What the values and errors of every hook promise."""

    def test_values_survive_json(self, trial: Trial) -> None:
        """A server is made of JSON values: written and read again, it is the same. So are the details of a status.

        Look into `raw` and `details`: they take no dates, no sets, no bytes and no objects of an SDK.
        """
        for how, server in _seen(trial):
            document = server.as_dict()
            assert json.loads(json.dumps(document, allow_nan=False)) == document, f"{how} shows what JSON changes"
        details = dict(trial.provider.check_connection(trial.context).details)
        assert json.loads(json.dumps(details, allow_nan=False)) == details, "check_connection shows what JSON changes"

    def test_times_are_in_utc(self, trial: Trial) -> None:
        """`created_at`, where it is known, is an ISO 8601 time in UTC."""
        for how, server in _seen(trial):
            if server.created_at is not None:
                offset = datetime.fromisoformat(server.created_at).utcoffset()
                assert offset == timedelta(0), f"{how} shows the time {server.created_at}, which is not in UTC"

    def test_no_secret_is_told(self, trial: Trial) -> None:
        """No secret of the configuration is in a server, a status, an error, or in the `repr` of the provider.

        What they hold is journaled, sent to observers and shown. Take secrets out of what the SDK says.
        """
        if not trial.secrets:
            trial.not_applicable("no secret: mark it as writeOnly in the schema, or name it in ProviderSetup.secrets")
        for where, text in _told(trial):
            assert not any(secret in text for secret in trial.secrets), f"a secret is in {where}"

    def test_no_secret_is_logged(self, trial: Trial, caplog: pytest.LogCaptureFixture) -> None:
        """No secret of the configuration is in what the provider and its SDK log, however much they are asked to.

        `-v` shows all of it, and people paste it into reports.
        """
        if not trial.secrets:
            trial.not_applicable("no secret: mark it as writeOnly in the schema, or name it in ProviderSetup.secrets")
        with caplog.at_level(logging.DEBUG):
            for _ in _told(trial):
                pass
        found = [record.name for record in caplog.records if any(one in record.getMessage() for one in trial.secrets)]
        assert found == [], f"a secret is in the log of {sorted(set(found))}"


def _seen(trial: Trial) -> Iterator[tuple[str, Server]]:
    """Yield one server as every hook shows it."""
    token = trial.new_token()
    created = trial.create(token)
    yield "create_server", created
    listed = trial.soon(trial.listed, lambda listed: len(listed) > 0)
    yield from (("list_servers", server) for server in listed)
    views = {
        "get_server": trial.get(created),
        "find_server": trial.provider.find_server(token, trial.context),
    }
    yield from ((how, server) for how, server in views.items() if server is not None)


def _told(trial: Trial) -> Iterator[tuple[str, str]]:
    """Yield what the provider tells when all is well, and when something is wrong."""
    yield "the repr of the provider", repr(trial.owner)
    for how, server in _seen(trial):
        yield f"the server that {how} shows", f"{server!r} {server.as_dict()}"
    yield "the status of the connection", str(dataclasses.asdict(trial.provider.check_connection(trial.context)))
    setup = trial.setup
    wrong: dict[str, Any] = {"size": setup.unknown_size, "image": setup.unknown_image, "name": setup.bad_name}
    calls: list[Callable[[], object]] = [partial(trial.provider.get_server, setup.unknown_id, trial.context)]
    calls += [partial(trial.create, **{key: value}) for key, value in wrong.items() if value is not None]
    if setup.unreachable is not None:
        calls.append(partial(trial.unreachable().call, "check_connection", context=trial.context))
    for call in calls:
        try:
            yield "what a call answers", repr(call())
        except ProvisioningError as error:
            yield f"the error {error.code}", f"{error!r} {error.info().as_dict()}"
