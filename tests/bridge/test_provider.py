"""A provider that is a program: what it is asked, and what its answers become."""

import json
from typing import Any

import pytest

from provisioning.bridge import Mode, ProgramProvider, make_provider
from provisioning.contract import (
    Asset,
    AssetKind,
    ConnectionStatus,
    Image,
    KeyPair,
    OperationContext,
    ProviderHooks,
    Server,
    ServerSpec,
    ServerState,
    Size,
    Zone,
)
from provisioning.contract.trace import traceparent
from provisioning.dispatch import CAPABILITY_HOOKS, check_provider
from provisioning.errors import (
    Ambiguous,
    ExtensionBroken,
    NotFound,
    ProviderError,
    ProvisioningError,
    ServiceInternalError,
    Throttling,
)
from tests.bridge.workshop import Workshop, described

SPEC = ServerSpec("web-1", "small", None, "a", "#!/bin/sh", ("key",), ("net",), extra={"tags": ["x"]})
KEEP = "json.dump(request, open('request', 'w'))\n"
FULL = {
    "id": "i-1",
    "name": "web-1",
    "state": "pending",
    "zone": "a",
    "size": "small",
    "image": "debian",
    "public_ips": ["192.0.2.1"],
    "private_ips": [],
    "labels": {"team": "a"},
    "client_token": "token",
    "created_at": "2026-01-01T00:00:00Z",
    "raw": {"rack": 7},
}


def asked(workshop: Workshop) -> Any:
    """Return the request as the program read it."""
    return json.loads((workshop.folder / "request").read_text())


def test_a_request_is_what_the_protocol_says(workshop: Workshop) -> None:
    """The hook, its arguments by name, the surroundings, and the instance's own configuration."""
    code = KEEP + f"say(answer(request, {FULL!r}))"
    provider = workshop.provider(code, config={"url": "https://cloud.example", "password": "hunter22"})
    context = OperationContext("wf-1", "web", attempt=2, directory="/work")
    server = provider.create_server(SPEC, "token", {"team": "a"}, context)
    request = asked(workshop)
    state = request["context"].pop("state_directory")
    assert request == {
        "protocol": 1,
        "id": "call",
        "operation": "create_server",
        "parameters": {
            "spec": {
                "name": "web-1",
                "size": "small",
                "image": None,
                "zone": "a",
                "user_data": "#!/bin/sh",
                "key_pairs": ["key"],
                "networks": ["net"],
                "volumes": [],
                "firewalls": [],
                "extra": {"tags": ["x"]},
            },
            "client_token": "token",
            "labels": {"team": "a"},
        },
        "context": {
            "extension": "box",
            "instance": "one",
            "workflow_id": "wf-1",
            "operation_id": "web",
            "traceparent": traceparent("wf-1", "web"),
            "attempt": 2,
            "remaining": None,
            "directory": "/work",
        },
        "config": {"url": "https://cloud.example", "password": "hunter22"},
    }
    assert state.endswith("/state/provisioning/extensions/box")
    assert server == Server(
        "i-1",
        "web-1",
        ServerState.PENDING,
        zone="a",
        size="small",
        image="debian",
        public_ips=("192.0.2.1",),
        labels={"team": "a"},
        client_token="token",
        created_at="2026-01-01T00:00:00Z",
        raw={"rack": 7},
    )


CALLS: dict[str, tuple[Any, dict[str, Any], str, Any]] = {
    "check_connection": (
        lambda provider, context: provider.check_connection(context),
        {},
        "say(answer(request, reachable=True, authenticated=False, message='who?', details={'a': 1}))",
        ConnectionStatus(True, False, "who?", details={"a": 1}),
    ),
    "list_servers": (
        lambda provider, context: list(provider.list_servers({"team": "a"}, context)),
        {"labels": {"team": "a"}},
        "say(answer(request, server('a')))",
        [Server("a", "a", ServerState.RUNNING)],
    ),
    "get_server": (
        lambda provider, context: provider.get_server("a", context),
        {"server_id": "a"},
        "say(answer(request, server('a')))",
        Server("a", "a", ServerState.RUNNING),
    ),
    "find_server": (
        lambda provider, context: provider.find_server("token", context),
        {"client_token": "token"},
        "say(answer(request))",
        None,
    ),
    "delete_server": (
        lambda provider, context: provider.delete_server("a", context),
        {"server_id": "a"},
        "say(answer(request))",
        None,
    ),
    "start_server": (
        lambda provider, context: provider.start_server("a", context),
        {"server_id": "a"},
        "say(answer(request))",
        None,
    ),
    "stop_server": (
        lambda provider, context: provider.stop_server("a", context),
        {"server_id": "a"},
        "say(answer(request))",
        None,
    ),
    "reboot_server": (
        lambda provider, context: provider.reboot_server("a", context),
        {"server_id": "a"},
        "say(answer(request))",
        None,
    ),
    "list_sizes": (
        lambda provider, context: provider.list_sizes(context),
        {},
        "say(answer(request, {'name': 'small', 'cpus': 1, 'memory_mib': 512}))",
        [Size("small", 1.0, 512)],
    ),
    "list_images": (
        lambda provider, context: provider.list_images(context),
        {},
        "say(answer(request, {'name': 'debian', 'id': 'img-1'}))",
        [Image("debian", "img-1")],
    ),
    "list_zones": (
        lambda provider, context: provider.list_zones(context),
        {},
        "say({'resource': {'name': 'a'}})\nsay(answer(request))",
        [Zone("a")],
    ),
}


@pytest.mark.parametrize("hook", CALLS)
def test_every_hook_is_a_request(workshop: Workshop, hook: str) -> None:
    """Its arguments by name, and its answer as the contract's value."""
    call, parameters, code, expected = CALLS[hook]
    assert call(workshop.provider(KEEP + code), OperationContext()) == expected
    assert asked(workshop)["operation"] == hook
    assert asked(workshop)["parameters"] == parameters


ASSET_CALLS = {name for name in dir(ProviderHooks) if name.endswith(("_asset", "_assets", "_volume"))}
"""Those that are tried at the end of this file."""


def test_all_hooks_are_tried_here() -> None:
    """None is forgotten."""
    from provisioning.dispatch import hooks_of

    assert {*CALLS, "create_server", *ASSET_CALLS} == set(hooks_of(ProviderHooks))


@pytest.mark.parametrize("capabilities", [[], ["start_stop"], ["catalog", "reboot"], list(CAPABILITY_HOOKS)])
def test_it_is_an_ordinary_plugin(workshop: Workshop, capabilities: list[str]) -> None:
    """It has the hooks that its manifest declares and no others, and no other path leads to it."""
    program = workshop.program("")
    check_provider(make_provider(program, described(), capabilities, "one", {}), "box", capabilities)


def test_it_may_be_asked_in_the_words_of_the_seed(workshop: Workshop) -> None:
    """A program that describes its hooks with hyphens is asked by those names; it may answer in either."""
    program = workshop.program(KEEP + "say(answer({**request, 'operation': 'find_server'}))")
    provider = make_provider(program, described("find-server", "get_server"), [], "one", {})
    assert provider.find_server("token", OperationContext()) is None
    assert asked(workshop)["operation"] == "find-server"


def error_of(workshop: Workshop, code: str, call: str = "find_server") -> ProvisioningError:
    provider, context = workshop.provider(code), OperationContext()
    calls = {
        "create_server": lambda: provider.create_server(SPEC, "token", {}, context),
        "find_server": lambda: provider.find_server("token", context),
    }
    with pytest.raises(ProvisioningError) as caught:
        calls[call]()
    return caught.value


@pytest.mark.parametrize("code", sorted(error.__name__ for error in ProviderError.__subclasses__()))
def test_a_code_of_ours_is_the_error_of_that_name(workshop: Workshop, code: str) -> None:
    """With what the program says of it."""
    error = error_of(workshop, f"say(failure(request, {code!r}, 'because', hint='do it', details={{'a': 1}}))")
    assert (error.code, error.message, error.hint, error.details) == (code, "because", "do it", {"a": 1})
    assert error.retryable is type(error).default_retryable


def test_throttling_carries_the_time_that_the_cloud_asked_for(workshop: Workshop) -> None:
    """In seconds."""
    error = error_of(workshop, "say(failure(request, 'Throttling', 'slow down', retry_after=7.5))")
    assert isinstance(error, Throttling)
    assert (error.retry_after, error.retryable) == (7.5, True)


@pytest.mark.parametrize("call", ["find_server", "create_server"])
def test_an_unknown_code_leaves_a_doubt(workshop: Workshop, call: str) -> None:
    """The service failed by the program's account; whether it acted, nobody can tell from the word."""
    error = error_of(workshop, "say(failure(request, 'ECONN', 'lost it', retryable=False))", call)
    assert isinstance(error, ServiceInternalError)
    assert (error.message, error.retryable, error.details) == ("ECONN: lost it", False, {"code": "ECONN"})


@pytest.mark.parametrize("code", ["ProviderError", "ExtensionBroken", "Exception", "errors"])
def test_no_other_error_of_ours_can_be_named(workshop: Workshop, code: str) -> None:
    """Only a provider's words are a provider's to use."""
    assert error_of(workshop, f"say(failure(request, {code!r}, 'x'))").message == f"{code}: x"


def test_a_part_is_no_success(workshop: Workshop) -> None:
    """Where a server may have been created it is in doubt; a list that lacks some is no list."""
    code = "document = answer(request, server('a'))\ndocument['status'] = 'partial'\nsay(document)"
    assert isinstance(error_of(workshop, code, "create_server"), Ambiguous)
    error = error_of(workshop, code)
    assert isinstance(error, ServiceInternalError)
    assert error.message == "Partial: did a part of it, and says no more"


def test_secrets_of_the_configuration_are_in_no_message(workshop: Workshop) -> None:
    """Neither in what the program says, nor in its last words, nor in what it logs."""
    config = {"password": "hunter22", "nested": {"api_key": "k-12345678"}}
    learnt: list[Any] = []
    program = workshop.program(
        "sys.exit('cannot log in with hunter22')",
        learn=learnt.append,
        redact=lambda text: text.replace("hunter22", "***"),
    )
    provider = make_provider(program, described(), [], "one", config)
    assert learnt == [config]
    with pytest.raises(ServiceInternalError) as caught:
        provider.find_server("token", OperationContext())
    assert caught.value.message.endswith("its last lines on stderr: cannot log in with ***")
    program = workshop.program(
        "say(failure(request, 'NotFound', 'no hunter22', hint='not hunter22'))",
        redact=lambda text: text.replace("hunter22", "***"),
    )
    with pytest.raises(NotFound) as refused:
        make_provider(program, described(), [], "one", config).find_server("token", OperationContext())
    assert (refused.value.message, refused.value.hint) == ("no ***", "not ***")


def test_no_secret_is_cut_in_half(workshop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    """It is taken out first: half of one that stands where a message is cut would be shown."""
    code = "print('x' * 190 + 'hunter22' * 9)\nprint('y' * 490 + 'hunter22' * 9, file=sys.stderr)"
    program = workshop.program(code, redact=lambda text: text.replace("hunter22", "***"))
    with pytest.raises(ServiceInternalError) as caught:
        make_provider(program, described(), [], "one", {}).find_server("token", OperationContext())
    assert "***" in caught.value.message
    assert "hunt" not in caught.value.message + caplog.text


def test_too_many_resources_are_no_answer(workshop: Workshop) -> None:
    """What is not a list is not gathered without end."""
    error = error_of(workshop, "for n in range(10_002): say({'resource': {}})")
    assert "gave an answer that has more than 10000 resources, " in error.message


def test_closing_is_for_what_is_kept_open(workshop: Workshop) -> None:
    """It may be called at any time, and twice."""
    for mode in Mode:
        provider: ProgramProvider = workshop.provider("", mode)
        provider.close()
        provider.close()


KEYS = {"id": "k-1", "spec": {"name": "me", "public_key": "ssh-ed25519 AAAA"}, "client_token": "token"}


def test_an_asset_travels_with_its_kind(workshop: Workshop) -> None:
    """What is asked for names its kind beside its fields, and what is answered is a value of that kind."""
    provider = workshop.provider(KEEP + f"say(answer(request, {KEYS!r}))")
    spec = KeyPair("me", "ssh-ed25519 AAAA")
    made = provider.create_asset(spec, "token", {"team": "a"}, OperationContext())
    assert made == Asset("k-1", spec, client_token="token")
    assert asked(workshop)["parameters"] == {
        "spec": {"kind": "key_pair", "name": "me", "public_key": "ssh-ed25519 AAAA"},
        "client_token": "token",
        "labels": {"team": "a"},
    }
    assert list(provider.list_assets(AssetKind.KEY_PAIR, None, OperationContext())) == [made]
    assert asked(workshop)["parameters"] == {"kind": "key_pair", "labels": None}


@pytest.mark.parametrize("hook", ["find_asset", "get_asset"])
def test_an_asset_of_another_shape_is_refused(workshop: Workshop, hook: str) -> None:
    """A key pair is no firewall's worth of fields: what lacks one is told."""
    provider = workshop.provider("say(answer(request, {'id': 'k-1', 'spec': {'name': 'me'}}))")
    with pytest.raises(ExtensionBroken, match=r"holds no Asset: spec\.public_key"):
        getattr(provider, hook)(AssetKind.KEY_PAIR, "k-1", OperationContext())


def test_deleting_and_moving_assets_answers_nothing(workshop: Workshop) -> None:
    """Each request is its hook with its arguments."""
    provider = workshop.provider(KEEP + "say(answer(request))")
    context = OperationContext()
    assert provider.find_asset(AssetKind.VOLUME, "token", context) is None
    provider.delete_asset(AssetKind.VOLUME, "v-1", context)
    assert asked(workshop)["parameters"] == {"kind": "volume", "asset_id": "v-1"}
    provider.attach_volume("v-1", "s-1", context)
    assert asked(workshop)["parameters"] == {"volume_id": "v-1", "server_id": "s-1"}
    provider.detach_volume("v-1", context)
    assert asked(workshop)["parameters"] == {"volume_id": "v-1"}
