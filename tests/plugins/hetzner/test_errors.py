"""What Hetzner answers, in the field's words: codes, pauses, lost replies, and nothing secret."""

import sys
from dataclasses import replace

import pytest

from provisioning.contract import ConnectionStatus
from provisioning.errors import (
    AccessDenied,
    AlreadyExists,
    Ambiguous,
    CapacityUnavailable,
    ExtensionBroken,
    InvalidCredentials,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    ProviderError,
    ResourceConflict,
    ServiceInternalError,
    ServiceLimitExceeded,
    Throttling,
    Unsupported,
)
from provisioning.testing.fakes import Reply
from tests.plugins.hetzner.conftest import SPEC, TOKEN


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "unauthorized", InvalidCredentials),
        (403, "forbidden", AccessDenied),
        (403, "token_readonly", AccessDenied),
        (403, "protected", AccessDenied),
        (404, "not_found", NotFound),
        (409, "uniqueness_error", AlreadyExists),
        (409, "conflict", ResourceConflict),
        (423, "locked", ResourceConflict),
        (429, "rate_limit_exceeded", Throttling),
        (403, "resource_limit_exceeded", ServiceLimitExceeded),
        (412, "resource_unavailable", CapacityUnavailable),
        (412, "placement_error", CapacityUnavailable),
        (412, "no_space_left_in_location", CapacityUnavailable),
        (503, "maintenance", ServiceInternalError),
        (500, "server_error", ServiceInternalError),
        (500, "service_error", ServiceInternalError),
        (503, "unavailable", ServiceInternalError),
        (502, "bad_gateway", Ambiguous),
        (504, "timeout", Ambiguous),
        (422, "unsupported_error", Unsupported),
        (405, "method_not_allowed", Unsupported),
        (422, "invalid_input", InvalidRequest),
        (400, "something_new", InvalidRequest),
    ],
)
def test_each_code_has_a_word(project, status: int, code: str, kind: type[ProviderError]) -> None:
    """The message says what was tried, and why it failed; the SDK does not try again by itself."""
    project.fake.refuse(Reply(status, {"error": {"code": code, "message": "something", "details": None}}))
    with pytest.raises(ProviderError) as caught:
        project.provider().get_server("1")
    assert type(caught.value) is kind
    assert caught.value.message == f"conformance could not find server 1: something ({code})"
    assert caught.value.details == {"code": code}
    assert project.fake.requests == ["GET /servers/1"]


@pytest.mark.parametrize(
    ("reply", "kind"), [(Reply(404, {}), InvalidRequest), (Reply(500), Ambiguous), (Reply(502, "<html>"), Ambiguous)]
)
def test_an_answer_without_a_code_is_not_taken_for_more_than_it_says(project, reply: Reply, kind) -> None:
    """A wrong address answers 404 to everything, which is no proof that a server is gone."""
    project.fake.refuse(reply)
    with pytest.raises(ProviderError) as caught:
        project.provider().get_server("1")
    assert type(caught.value) is kind


def test_a_throttled_call_says_how_long_to_wait(project) -> None:
    """The limit for an hour grows back evenly: with 3,600, there is one more request each second."""
    project.fake.budget = 1
    provider = project.provider()
    provider.find_server("token-1")
    with pytest.raises(Throttling) as caught:
        provider.find_server("token-1")
    assert (caught.value.retry_after, caught.value.retryable) == (1.0, True)
    assert project.fake.requests == ["GET /servers"] * 2


@pytest.mark.parametrize(("limit", "pause"), [({"RateLimit-Limit": "720"}, 5.0), ({}, 1.0)])
def test_a_pause_follows_from_the_limit(project, limit: dict[str, str], pause: float) -> None:
    """A second, where Hetzner does not say what the limit is."""
    project.fake.refuse(Reply(429, {"error": {"code": "rate_limit_exceeded", "message": "slow down"}}, limit))
    with pytest.raises(Throttling) as caught:
        project.provider().get_server("1")
    assert caught.value.retry_after == pause


def test_a_lost_reply_is_in_doubt_and_its_server_is_found(project) -> None:
    """The server was made; its token finds it, and the same token again makes no other."""
    provider = project.provider()
    project.fake.lose("POST /servers$")
    with pytest.raises(Ambiguous) as caught:
        provider.create_server(SPEC, "token-1", {"tier": "web"})
    assert caught.value.message == "conformance could not create server web: the reply was lost"
    found = project.provider().find_server("token-1")
    assert found is not None
    assert (found.name, found.labels) == ("web", {"tier": "web"})
    assert provider.create_server(SPEC, "token-1", {"tier": "web"}).id == found.id
    assert project.fake.servers == ["web"]


def test_a_late_reply_is_in_doubt(project) -> None:
    """Whoever waits no longer than `read_timeout` does not know what came of it, and does not ask again."""
    project.fake.delay(60, "POST /servers$")
    with pytest.raises(Ambiguous):
        project.provider(read_timeout=0.2).create_server(SPEC, "token-1", {})
    assert project.fake.requests == ["POST /servers"]


def test_what_was_not_sent_is_not_in_doubt(project) -> None:
    """Nobody answers there, so nothing was asked."""
    with pytest.raises(NetworkFailure) as caught:
        project.provider(api_endpoint="http://127.0.0.1:1").get_server("1")
    assert caught.value.message == "conformance could not find server 1: the API cannot be reached"


def test_wrong_credentials_are_an_answer(project) -> None:
    """The cloud is there; it does not take them."""
    status = project.provider(token="wrong").check_connection(project.context)
    assert replace(status, sdk=None, hint=None) == ConnectionStatus(
        reachable=True,
        authenticated=False,
        message="conformance could not list servers: unable to authenticate (unauthorized)",
    )
    assert status.sdk is not None
    assert status.hint is not None


def test_the_token_comes_from_the_configuration_or_the_environment(project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, the hint says where to put it."""
    bare = project.subject.make({"api_endpoint": project.fake.endpoint})
    monkeypatch.delenv("HCLOUD_TOKEN", raising=False)
    with pytest.raises(InvalidCredentials) as caught:
        project.subject.instance(bare).get_server("1")
    assert caught.value.hint == "set HCLOUD_TOKEN"
    monkeypatch.setenv("HCLOUD_TOKEN", TOKEN)
    assert project.subject.instance(bare).check_connection(project.context).authenticated


def test_no_secret_is_anywhere(project) -> None:
    """Neither the token nor the root password of a new server is in a server, an error or a `repr`."""
    provider = project.provider()
    made = provider.create_server(SPEC, "token-1", {})
    project.fake.refuse(Reply(500))
    with pytest.raises(Ambiguous) as caught:
        provider.get_server(made.id)
    said = [made, made.as_dict(), provider.get_server(made.id), caught.value, caught.value.info().as_dict()]
    text = " ".join(repr(one) for one in [*said, project.subject.make()])
    assert [secret for secret in (TOKEN, "YItygq1v3GYjjMomLaKc") if secret in text] == []


@pytest.mark.parametrize(
    ("hook", "arguments"),
    [
        ("get_server", ["1"]),
        ("create_server", [SPEC, "token-1", {}]),
        ("find_server", ["token-1"]),
        ("delete_server", ["1"]),
        ("reboot_server", ["1"]),
        ("list_zones", []),
    ],
)
def test_without_the_sdk_the_hint_says_how_to_get_it(
    project, monkeypatch: pytest.MonkeyPatch, hook: str, arguments: list[object]
) -> None:
    """Making a provider needs no SDK; using it does, whatever for."""
    monkeypatch.setitem(sys.modules, "hcloud", None)
    provider = project.provider()
    with pytest.raises(ExtensionBroken) as caught:
        getattr(provider, hook)(*arguments)
    assert (caught.value.message, caught.value.hint) == (
        "provider conformance needs the Hetzner SDK, and hcloud is not installed",
        "pip install 'provisioning[hetzner]'",
    )
