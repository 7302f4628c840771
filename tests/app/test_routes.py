"""Routes of extensions: each below its extension's own path, checked, and always answered with the envelope."""

import logging
from pathlib import Path
from typing import Any

import pytest

from provisioning._version import __version__
from provisioning.app import App
from provisioning.errors import HookRejected
from tests.app.services import EXAMPLES, opened
from tests.app.test_hooks import command, flow, write_extension

CODE = """
from provisioning import AccessDenied, ApiReply, ApiRequest, ApiRoute, ApiScope, hookimpl
def echo(request):
    return ApiReply({{"parameters": dict(request.parameters), "query": dict(request.query), "body": request.body}})
def deny(request):
    raise AccessDenied("not you", hint="ask somebody")
class Plugin:
    @hookimpl
    def api_routes(self, context):
        token = context.options.get("token")
        return [{routes}]
"""
ECHO = 'ApiRoute("GET", "/rooms/{room}", echo, "Say it again.")'


def api(workspace: Path, *routes: str, name: str = "rooms") -> Path:
    """Write an extension with routes, each a Python expression."""
    code = CODE.format(routes=", ".join(routes))
    return write_extension(workspace / "extensions", name, code, more="[api]\nroutes = true")


def answered(app: App, path: str, method: str = "GET", **request: Any) -> tuple[int, Any]:
    """Return the status and the data, or the error, of one request."""
    answer = app.routes.call(method, path, **request)
    document = answer.document
    return answer.status, document["data"] if document["error"] is None else document["error"]


def test_routes_stand_below_their_extensions_own_path(workspace: Path, tmp_path: Path) -> None:
    """So that two extensions with the same paths do not meet."""
    api(workspace, ECHO, 'ApiRoute("POST", "/rooms", echo, "Make one.", ApiScope.ADMIN)')
    api(workspace, ECHO, name="other")
    with opened(workspace, tmp_path) as app:
        assert [route.as_dict() for route in app.routes.all()] == [
            {
                "extension": "other",
                "method": "GET",
                "path": "/extensions/other/rooms/{room}",
                "summary": "Say it again.",
                "scope": "read",
            },
            {
                "extension": "rooms",
                "method": "GET",
                "path": "/extensions/rooms/rooms/{room}",
                "summary": "Say it again.",
                "scope": "read",
            },
            {
                "extension": "rooms",
                "method": "POST",
                "path": "/extensions/rooms/rooms",
                "summary": "Make one.",
                "scope": "admin",
            },
        ]


def test_a_request_is_answered_with_the_envelope(workspace: Path, tmp_path: Path) -> None:
    """What the path, the query and the body say reaches the handler, and what it says comes back whole."""
    api(workspace, ECHO, 'ApiRoute("POST", "/rooms", lambda request: ApiReply(request.body, 202), "Later.")')
    with opened(workspace, tmp_path) as app:
        answer = app.routes.call("GET", "/extensions/rooms/rooms/a%2Fb", query={"q": "1"}, body=[1], request_id="r-1")
        assert answer.status == 200
        assert answer.document == {
            "status": "success",
            "data": {"parameters": {"room": "a/b"}, "query": {"q": "1"}, "body": [1]},
            "metadata": {
                "timestamp": answer.document["metadata"]["timestamp"],
                "request_id": "r-1",
                "version": __version__,
            },
            "error": None,
        }
        later = app.routes.call("POST", "/extensions/rooms/rooms", body={"x": 1})
        assert (later.status, later.document["status"], later.document["data"]) == (202, "pending", {"x": 1})


def test_what_nobody_answers_is_told_so(workspace: Path, tmp_path: Path) -> None:
    """Another path, and another method of a path."""
    api(workspace, ECHO)
    with opened(workspace, tmp_path) as app:
        for path in ("/extensions/rooms/rooms", "/extensions/rooms/rooms/", "/extensions/rooms/rooms/1/2", "/x", ""):
            assert answered(app, path) == (
                404,
                {
                    "code": "NotFound",
                    "message": f"nothing answers at {path}",
                    "details": {"hint": "the routes of an extension stand below /extensions/NAME"},
                },
            )
        assert answered(app, "/extensions/rooms/rooms/1", "PUT") == (
            405,
            {
                "code": "MethodNotAllowed",
                "message": "/extensions/rooms/rooms/1 does not answer PUT",
                "details": {"hint": "it answers GET"},
            },
        )


def test_a_path_that_is_spelled_out_comes_first(workspace: Path, tmp_path: Path) -> None:
    """Before one that names a part, in whatever order they stand."""
    api(workspace, ECHO, 'ApiRoute("GET", "/rooms/all", lambda request: ApiReply("all"), "All.")')
    with opened(workspace, tmp_path) as app:
        assert answered(app, "/extensions/rooms/rooms/all") == (200, "all")
        assert answered(app, "/extensions/rooms/rooms/one")[1]["parameters"] == {"room": "one"}


@pytest.mark.parametrize(
    ("handler", "status", "code", "message"),
    [
        ("deny", 403, "AccessDenied", "not you"),
        ("lambda request: 1 / 0", 500, "ExtensionBroken", "failed with ZeroDivisionError: division by zero"),
        ("lambda request: exit(3)", 500, "ExtensionBroken", "failed with SystemExit: 3"),
        (
            "lambda request: {}",
            500,
            "ExtensionBroken",
            "answered with an object of type dict, not with an ApiReply",
        ),
        ("lambda request: ApiReply(object())", 500, "ExtensionBroken", "answered with what is no JSON value"),
        (
            "lambda request: ApiReply(1, 404)",
            500,
            "ExtensionBroken",
            "answered with the status 404; it raises an error to say that one occurred",
        ),
    ],
)
def test_a_handler_that_fails_is_an_answer(
    workspace: Path, tmp_path: Path, handler: str, status: int, code: str, message: str
) -> None:
    """The error's own status, or 500 with the extension's name, and nothing is raised."""
    api(workspace, f'ApiRoute("GET", "/x", {handler}, "Fail.")')
    with opened(workspace, tmp_path) as app:
        found, error = answered(app, "/extensions/rooms/x")
    whole = message if code == "AccessDenied" else f"the handler of GET /extensions/rooms/x {message}"
    assert (found, error["code"], error["message"]) == (status, code, whole)


def test_no_secret_is_in_an_answer(workspace: Path, tmp_path: Path) -> None:
    """Neither in data nor in an error."""
    api(
        workspace,
        'ApiRoute("GET", "/a", lambda request: ApiReply({"said": token}), "Tell.")',
        'ApiRoute("GET", "/b", lambda request: {}[token], "Fail.")',
    )
    overrides = {"extensions.options.rooms.token": "hunter22"}
    with opened(workspace, tmp_path, overrides=overrides) as app:
        assert answered(app, "/extensions/rooms/a") == (200, {"said": "***"})
        assert answered(app, "/extensions/rooms/b")[1]["message"].endswith("failed with KeyError: '***'")


MISFITS = {
    'ApiRoute("GET", "rooms", echo, "x")': "the route GET rooms has a path that does not begin with /",
    'ApiRoute("GET", "/a//b", echo, "x")': "the route GET /a//b has '' between two slashes",
    'ApiRoute("GET", "/../b", echo, "x")': "the route GET /../b has '..' between two slashes",
    'ApiRoute("GET", "/{a}/{a}", echo, "x")': "the route GET /{a}/{a} names {a} twice",
    'ApiRoute("get", "/a", echo, "x")': ("the route get /a has a method that is none of GET, POST, PUT, PATCH, DELETE"),
    'ApiRoute("GET", "/a", None, "x")': "the route GET /a has a handler that cannot be called",
    'ApiRoute("GET", "/a", echo, "")': "the route GET /a has no summary",
    'ApiRoute("GET", "/a", echo, "x", "root")': "the route GET /a has a scope that is none of read, run, admin",
    'ApiRoute("GET", "/a/{b}", echo, "x"), ApiRoute("GET", "/a/{c}", echo, "x")': (
        "the route GET /a/{c} answers what the route GET /a/{b} does"
    ),
}


@pytest.mark.parametrize("routes", MISFITS)
def test_an_extension_with_a_wrong_route_is_left_out(workspace: Path, tmp_path: Path, routes: str, caplog) -> None:
    """Its record says why, the log says it once, and the others answer."""
    api(workspace, routes)
    api(workspace, ECHO, name="other")
    with opened(workspace, tmp_path) as app:
        assert [route.extension for route in app.routes.all()] == ["other"]
        assert answered(app, "/extensions/other/rooms/1")[0] == 200
        record = app.registry.get("rooms")
        message = f"the routes of extension rooms cannot be used: {MISFITS[routes]}"
        assert [(str(one.code), one.message) for one in record.problems] == [("hooks_rejected", message)]
    told = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert told == [message]


def test_a_broken_extension_is_left_out_and_strict_refuses_it(workspace: Path, tmp_path: Path) -> None:
    """Whatever is wrong with it."""
    api(workspace, "1 / 0")
    with opened(workspace, tmp_path) as app:
        assert app.routes.all() == []
        assert [str(one.code) for one in app.registry.get("rooms").problems] == ["plugin_failed"]
    folder = api(workspace, name="another")
    (folder / "another_plugin.py").write_text("class Plugin: pass")
    with opened(workspace, tmp_path, strict=True) as app, pytest.raises(HookRejected, match="needs api_routes"):
        app.routes.all()


def test_an_extension_with_wrong_options_is_left_out(workspace: Path, tmp_path: Path) -> None:
    """A server does not go down for one of them."""
    api(workspace, ECHO, name="other")
    api(workspace, ECHO)
    overrides = {"extensions.options.rooms": {"token": "{{env.NOT_SET}}"}}
    with opened(workspace, tmp_path, overrides=overrides) as app:
        assert [route.extension for route in app.routes.all()] == ["other"]
        assert [str(one.code) for one in app.registry.get("rooms").problems] == ["config_invalid"]


def test_the_example_counts_events(workspace: Path, tmp_path: Path) -> None:
    """Those of the runs that this application drives."""
    with opened(workspace, tmp_path, extension_paths=[EXAMPLES / "event-count"]) as app:
        app.run(flow(command("a", "true")))
        assert answered(app, "/extensions/event-count/counts/WorkflowStarted") == (200, 1)
        status, counts = answered(app, "/extensions/event-count/counts")
        assert (status, counts["OperationSucceeded"]) == (200, 1)
        assert answered(app, "/extensions/event-count/counts/Nothing") == (
            404,
            {"code": "NotFound", "message": "no event of kind Nothing was heard", "details": {}},
        )
