"""What UpCloud answers, in the field's words: codes, pauses, lost replies, and nothing secret."""

import sys
from dataclasses import replace

import pytest

from provisioning.contract import ConnectionStatus
from provisioning.errors import (
    AccessDenied,
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
)
from provisioning.testing.fakes import Reply
from tests.plugins.upcloud.conftest import NOBODY, PASSWORD, SPEC

PROBLEM = {"type": "https://developers.upcloud.com/1.3/errors#ERROR_{code}", "title": "Something.", "status": 400}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "AUTHENTICATION_FAILED", InvalidCredentials),
        (403, "SERVER_FORBIDDEN", AccessDenied),
        (403, "STORAGE_FORBIDDEN", AccessDenied),
        (402, "INSUFFICIENT_CREDITS", ServiceLimitExceeded),
        (403, "SERVER_CORE_LIMIT_REACHED", ServiceLimitExceeded),
        (403, "TRIAL_PLAN", ServiceLimitExceeded),
        (409, "SERVER_CREATING_LIMIT_REACHED", Throttling),
        (429, "TOO_MANY_REQUESTS", Throttling),
        (409, "SERVER_RESOURCES_UNAVAILABLE", CapacityUnavailable),
        (409, "STORAGE_RESOURCES_UNAVAILABLE", CapacityUnavailable),
        (409, "SERVER_STATE_ILLEGAL", ResourceConflict),
        (409, "STORAGE_STATE_ILLEGAL", ResourceConflict),
        (409, "DEVICE_ADDRESS_IN_USE", ResourceConflict),
        (409, "STORAGE_ATTACHED", ResourceConflict),
        (409, "BACKUP_RULE_CONFLICT", ResourceConflict),
        (409, "SOMETHING_NEW", ResourceConflict),
        (404, "SERVER_NOT_FOUND", NotFound),
        (400, "SERVER_INVALID", InvalidRequest),
        (404, "ZONE_NOT_FOUND", InvalidRequest),
        (404, "STORAGE_NOT_FOUND", InvalidRequest),
        (400, "HOSTNAME_INVALID", InvalidRequest),
        (400, "INVALID_LABEL_KEY", InvalidRequest),
        (500, "SERVICE_ERROR", ServiceInternalError),
        (503, "SERVICE_UNAVAILABLE", ServiceInternalError),
    ],
)
def test_each_code_has_a_word(account, status: int, code: str, kind: type[ProviderError]) -> None:
    """Whichever of its two ways UpCloud writes the code, the message says what was tried, and why it failed."""
    problem = {**PROBLEM, "type": PROBLEM["type"].format(code=code)}
    bodies = [{"error": {"error_code": code, "error_message": "Something."}}, problem]
    for body in bodies:
        account.fake.refuse(Reply(status, body))
        with pytest.raises(ProviderError) as caught:
            account.provider().get_server(NOBODY)
        assert type(caught.value) is kind
        assert caught.value.details == {"code": code}
        assert caught.value.message.startswith(f"conformance could not find server {NOBODY}: ")
        assert caught.value.message.endswith(f" ({code})")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(Reply(404, {}), InvalidRequest), (Reply(500), ServiceInternalError), (Reply(502, "<html>"), Ambiguous)],
)
def test_an_answer_without_a_code_is_not_taken_for_more_than_it_says(account, reply: Reply, kind) -> None:
    """A wrong address answers 404 to everything, which is no proof that a server is gone."""
    account.fake.refuse(reply)
    with pytest.raises(ProviderError) as caught:
        account.provider().get_server(NOBODY)
    assert type(caught.value) is kind


def test_a_throttled_call_says_how_long_to_wait(account) -> None:
    """The pause is the one that UpCloud asks for, which the SDK drops."""
    account.fake.budget = 1
    provider = account.provider()
    provider.find_server("token-1")
    with pytest.raises(Throttling) as caught:
        provider.find_server("token-1")
    assert (caught.value.retry_after, caught.value.retryable) == (7.0, True)


def test_a_lost_reply_is_in_doubt_and_its_server_is_found(account) -> None:
    """The server was made; its token finds it, and the same token again makes no other."""
    provider = account.provider()
    account.fake.lose("POST /server$")
    with pytest.raises(Ambiguous) as caught:
        provider.create_server(SPEC, "token-1", {"tier": "web"})
    assert caught.value.message == "conformance could not create server web: the reply was lost"
    [made] = account.fake.servers
    found = account.provider().find_server("token-1")
    assert found is not None
    assert (found.id, found.labels) == (made, {"tier": "web"})
    assert provider.create_server(SPEC, "token-1", {"tier": "web"}).id == made
    assert account.fake.servers == [made]


def test_a_late_reply_is_in_doubt(account) -> None:
    """Whoever waits no longer than `read_timeout` does not know what came of it."""
    account.fake.delay(60, "POST /server$")
    with pytest.raises(Ambiguous):
        account.provider(read_timeout=0.2).create_server(SPEC, "token-1", {})
    assert len(account.fake.servers) == 1


def test_what_was_not_sent_is_not_in_doubt(account) -> None:
    """Nobody answers there, so nothing was asked."""
    with pytest.raises(NetworkFailure) as caught:
        account.provider(api_endpoint="http://127.0.0.1:1").get_server(NOBODY)
    assert caught.value.message == f"conformance could not find server {NOBODY}: the API cannot be reached"


def test_wrong_credentials_are_an_answer(account) -> None:
    """The cloud is there; it does not take them."""
    status = account.provider(password="wrong").check_connection(account.context)
    assert replace(status, sdk=None, hint=None) == ConnectionStatus(
        reachable=True,
        authenticated=False,
        message="conformance could not say whose account this is: "
        "Authentication failed using the given credentials. (AUTHENTICATION_FAILED)",
    )
    assert status.sdk is not None
    assert status.hint is not None


def test_credentials_come_from_the_configuration_or_the_environment(account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a mixture of both: another account's token in the environment does not win."""
    bare = {"api_endpoint": account.fake.endpoint}
    subject = account.subject
    monkeypatch.setenv("UPCLOUD_TOKEN", "another-account")
    assert account.provider().check_connection(account.context).authenticated
    monkeypatch.delenv("UPCLOUD_TOKEN")
    monkeypatch.setenv("UPCLOUD_USERNAME", "robot")
    monkeypatch.setenv("UPCLOUD_PASSWORD", PASSWORD)
    assert subject.instance(subject.make(bare)).check_connection(account.context).authenticated
    monkeypatch.delenv("UPCLOUD_PASSWORD")
    with pytest.raises(InvalidCredentials) as caught:
        subject.instance(subject.make(bare)).list_zones()
    assert caught.value.hint == "set UPCLOUD_USERNAME and UPCLOUD_PASSWORD, or UPCLOUD_TOKEN"


def test_no_secret_is_anywhere(account) -> None:
    """Neither the password nor what UpCloud says of a server's console is in a server, an error or a `repr`."""
    provider = account.provider()
    made = provider.create_server(SPEC, "token-1", {})
    account.fake.refuse(Reply(500))
    with pytest.raises(ServiceInternalError) as caught:
        provider.get_server(made.id)
    account.fake.lose("GET /server")
    with pytest.raises(Ambiguous) as lost:
        provider.get_server(made.id)
    said = [made, made.as_dict(), provider.get_server(made.id), caught.value, caught.value.info().as_dict(), lost.value]
    text = " ".join([repr(one) for one in said] + [str(lost.value), repr(account.subject.make())])
    assert [secret for secret in (PASSWORD, "vnc-password") if secret in text] == []


@pytest.mark.parametrize(
    ("hook", "arguments"),
    [
        ("get_server", [NOBODY]),
        ("create_server", [SPEC, "token-1", {}]),
        ("find_server", ["token-1"]),
        ("delete_server", [NOBODY]),
        ("reboot_server", [NOBODY]),
        ("list_zones", []),
    ],
)
def test_without_the_sdk_the_hint_says_how_to_get_it(
    account, monkeypatch: pytest.MonkeyPatch, hook: str, arguments: list[object]
) -> None:
    """Making a provider needs no SDK; using it does, whatever for."""
    monkeypatch.setitem(sys.modules, "upcloud_api", None)
    provider = account.provider()
    with pytest.raises(ExtensionBroken) as caught:
        getattr(provider, hook)(*arguments)
    assert (caught.value.message, caught.value.hint) == (
        "provider conformance needs the UpCloud SDK, and upcloud-api is not installed",
        "pip install 'provisioning[upcloud]'",
    )
