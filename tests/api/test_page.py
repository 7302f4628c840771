"""The page as it is sent: who sees it, what its forms do, and that nothing in it can be made to act."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from provisioning.api.page.following import BECOMES
from provisioning.app import App, Scope, Tokens
from provisioning.contract import EventKind, NewRun, Volume
from provisioning.testing import IsolatedWorkspace
from provisioning.testing.cloud import EXTENSIONS
from tests.api.serving import Answer, Asking, serving

HOSTILE = "<script>alert('x')</script>\"'&{{ 7 * 7 }}"
PAGES = ("/", "/ui/submit", "/ui/servers", "/ui/workers", "/ui/extensions", "/ui/sign-in")


def command(*words: str, **more: Any) -> dict[str, Any]:
    operation = {"id": "a", "kind": "command", "parameters": {"command": list(words)}}
    return {"name": "one", "workflow_id": "wf-1", "operations": [operation], **more}


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def send(ask: Asking, path: str, headers: Mapping[str, str] | None = None, **fields: str) -> Answer:
    """Send a form as a browser does, without following where it leads."""
    shown = {"Content-Type": "application/x-www-form-urlencoded", "Origin": ask.url, **(headers or {})}
    request = Request(ask.url + path, urlencode(fields).encode(), shown, method="POST")
    opener = build_opener(_Stay)
    try:
        with opener.open(request, timeout=30) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except OSError as error:  # an answer that is none of success is raised
        with error as answer:  # type: ignore[attr-defined]
            return Answer(answer.code, answer.headers, answer.read())


def text(answer: Answer) -> str:
    assert answer.headers["Content-Type"].startswith("text/html"), answer.content[:200]
    return answer.content.decode()


@pytest.fixture
def guarded(app: App) -> Iterator[Asking]:
    """A server that lets nobody in without a token."""
    with serving(app, require_token=True) as asking:
        yield asking


class TestSigningIn:
    """A token lets a person in, as far as its scope goes."""

    def test_whoever_has_no_token_is_led_to_where_one_signs_in(self, guarded: Asking) -> None:
        """From every page; what a script asks for is refused the same way."""
        for path in ("/", "/ui/servers", "/ui/extensions", "/ui/submit", "/ui/runs/x", "/ui/events"):
            answer = guarded.get(path)
            assert answer.status == 200
            assert "<h1>Sign in</h1>" in text(answer), path

    def test_a_token_opens_the_page_and_nothing_else(self, guarded: Asking, app: App) -> None:
        """It is kept in a cookie that no script can read and no other site can send; the API does not look at it."""
        _, token = Tokens(app.workspace).create("me", Scope.RUN, lifetime=None)
        answer = send(guarded, "/ui/sign-in", token=token)
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        cookie = answer.headers["Set-Cookie"]
        assert re.search(r"; HttpOnly; Path=/; SameSite=strict$", cookie), cookie
        session = {"Cookie": cookie.partition(";")[0]}
        assert "<h1>Runs</h1>" in text(guarded("GET", "/", headers=session))
        assert guarded("GET", "/workflows", headers=session).status == 401

    def test_a_wrong_token_is_told_of_and_not_kept(self, guarded: Asking) -> None:
        """The form comes back."""
        answer = send(guarded, "/ui/sign-in", token="prov_x_y")
        assert (answer.status, "Set-Cookie" in answer.headers) == (401, False)
        assert "the token is unknown, revoked or expired" in text(answer)

    def test_a_revoked_token_opens_nothing_any_more(self, guarded: Asking, app: App) -> None:
        """From the next request on."""
        token, secret = Tokens(app.workspace).create("me", Scope.READ, lifetime=None)
        session = {"Cookie": f"provisioning_token={secret}"}
        assert "<h1>Runs</h1>" in text(guarded("GET", "/", headers=session))
        Tokens(app.workspace).revoke(token.id)
        assert "<h1>Sign in</h1>" in text(guarded("GET", "/", headers=session))

    def test_who_may_only_look_finds_no_buttons_and_is_refused(self, guarded: Asking, app: App) -> None:
        """The scope `read` changes nothing."""
        app.run(command("false", configuration={"on_failure": "stop"}))
        _, secret = Tokens(app.workspace).create("me", Scope.READ, lifetime=None)
        session = {"Cookie": f"provisioning_token={secret}"}
        page = text(guarded("GET", "/ui/runs/wf-1", headers=session))
        assert "Roll back" not in page
        assert "New run" not in page
        refused = send(guarded, "/ui/runs/wf-1/rollback", session)
        assert (refused.status, "MissingScope" in text(refused)) == (403, True)

    def test_signing_out_forgets_the_token(self, guarded: Asking) -> None:
        """The browser is told to."""
        answer = send(guarded, "/ui/sign-out")
        assert answer.status == 303
        assert 'provisioning_token=""' in answer.headers["Set-Cookie"]

    def test_a_cookie_of_yesterday_keeps_nobody_out_who_needs_none(self, ask: Asking) -> None:
        """On this machine."""
        assert "<h1>Runs</h1>" in text(ask("GET", "/", headers={"Cookie": "provisioning_token=prov_x_y"}))


class TestForms:
    """Forms do what the API does, and are taken from the server's own pages only."""

    @pytest.mark.parametrize("path", ["/ui/submit", "/ui/runs/wf-1/cancel", "/ui/runs/wf-1/rollback", "/ui/sign-in"])
    @pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
    def test_a_form_of_another_site_changes_nothing(self, path: str, origin: str, ask: Asking) -> None:
        """Nor one that does not say whose it is."""
        answer = send(ask, path, {"Origin": origin}, document="x")
        assert answer.status == 403
        assert b"ForbiddenOrigin" in answer.content

    def test_a_document_is_planned_without_a_change(self, ask: Asking, app: App) -> None:
        """It is shown what would be done, and how that is undone."""
        document = 'name = "x"\n[[operations]]\nid = "a"\nkind = "command"\nparameters = { command = ["true"] }'
        answer = send(ask, "/ui/submit", document=document, format="toml", do="plan")
        assert "Plan of x" in text(answer)
        assert app.runs() == []

    def test_what_is_wrong_is_told_beside_what_was_written(self, ask: Asking) -> None:
        """Every problem with its line; nothing of the text is lost."""
        document = 'name = "x"\n[[operations]]\nid = "a"\nkind = "nothing-like-it"\n'
        answer = send(ask, "/ui/submit", document=document, format="toml", do="run")
        page = text(answer)
        assert answer.status == 422
        assert "nothing-like-it" in page.partition("<textarea")[0]
        assert "kind = &#34;nothing-like-it&#34;" in page.partition("<textarea")[2]

    @pytest.mark.parametrize("template", ["../../etc/passwd", "/etc/passwd", "a b"])
    def test_no_file_of_the_server_is_read_by_its_path(self, template: str, ask: Asking) -> None:
        """A template has a name."""
        assert "must be the name of a template" in text(send(ask, "/ui/submit", template=template))

    def test_a_run_is_started_and_its_page_is_shown(self, ask: Asking) -> None:
        """In any of the languages."""
        answer = send(
            ask,
            "/ui/submit",
            document='{"name": "n", "operations": [{"id": "a", "kind": "command", '
            '"parameters": {"command": ["true"]}}]}',
            format="json",
            workflow_id="wf 9",
            do="run",
        )
        assert (answer.status, answer.headers["Location"]) == (422, None)
        answer = send(
            ask,
            "/ui/submit",
            document="name: n\noperations:\n- id: a\n  kind: command\n  parameters: {command: ['true']}\n",
            format="yaml",
            workflow_id="wf-9",
            do="run",
        )
        assert (answer.status, answer.headers["Location"]) == (303, "/ui/runs/wf-9")
        assert ask.wait("wf-9") == "succeeded"

    def test_what_is_no_form_is_refused(self, ask: Asking) -> None:
        """A body of another type, or one that is none."""
        assert ask("POST", "/ui/submit", {"document": "x"}, {"Origin": ask.url}).status == 415
        many = {f"f{number}": "x" for number in range(60)}
        assert send(ask, "/ui/submit", None, **many).status == 422

    def test_a_change_is_in_the_audit_log(self, ask: Asking, app: App, caplog: pytest.LogCaptureFixture) -> None:
        """As one that came over the API."""
        app.run(command("true"))
        with caplog.at_level("INFO", "provisioning.api.audit"):
            assert send(ask, "/ui/runs/wf-1/rollback").status == 303
        assert "anybody on this machine: rolled back run wf-1" in caplog.text

    def test_what_cannot_be_done_is_a_page_with_a_hint(self, ask: Asking) -> None:
        """And the status of its error."""
        answer = send(ask, "/ui/runs/nowhere/rollback")
        assert answer.status == 404
        assert "RunNotFound" in text(answer)


class TestSafety:
    """Whatever a document, a cloud or a program says, the page only shows it."""

    def test_nothing_that_is_shown_can_act(self, ask: Asking, app: App) -> None:
        """Names, outputs, errors and logs are escaped, and templates do not fill them in."""
        failing = {
            "id": "a",
            "kind": "command",
            "parameters": {"command": ["sh", "-c", 'echo "$0" >&2; false', HOSTILE.replace("{{ 7 * 7 }}", "")]},
        }
        app.run(
            {
                "name": "<b>bold</b>",
                "workflow_id": "wf-1",
                "operations": [failing],
                "configuration": {"on_failure": "stop"},
            }
        )
        for path in ("/", "/ui/runs/wf-1", "/ui/runs/wf-1/now", "/?name=%3Cscript%3Ealert(1)%3C/script%3E"):
            page = text(ask.get(path))
            assert "<script>alert" not in page
            assert "<b>bold" not in page
        assert "&lt;script&gt;alert" in text(ask.get("/ui/runs/wf-1"))
        shown = send(ask, "/ui/submit", document=f'"""{HOSTILE}</textarea>', format="toml", do="run")
        assert "<script>alert" not in text(shown)
        assert "49" not in text(shown)

    @pytest.mark.parametrize("path", PAGES)
    def test_the_browser_is_told_to_load_nothing_from_elsewhere(self, path: str, ask: Asking) -> None:
        """No script and no style within a page, no frame around it, no form that leads away."""
        answer = ask.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'")
        for rule in ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert rule in policy
        assert "unsafe" not in policy
        page = text(answer)
        assert not re.search(r"<script(?! type=\"module\" src=\"/ui/static/)|\sstyle=|\son[a-z]+=", page)
        assert not re.search(r"(src|href|action)=\"(https?:)?//", page)

    def test_no_secret_is_on_the_page(
        self, isolated_workspace: IsolatedWorkspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What a document takes from the environment is hidden in its errors, its outputs and its log."""
        monkeypatch.setenv("DEPLOY_PASSWORD", "tr0ub4dor-3-secret")
        isolated_workspace.configure({})
        app = isolated_workspace.open()
        app.run(command("sh", "-c", "echo {{env.DEPLOY_PASSWORD}}; echo {{env.DEPLOY_PASSWORD}} >&2; false"))
        with serving(app) as asking:
            for path in ("/", "/ui/runs/wf-1", "/ui/runs/wf-1/now"):
                assert b"tr0ub4dor" not in asking.get(path).content

    def test_what_is_beside_the_page_is_what_ships(self, ask: Asking) -> None:
        """And no other file is reached through it."""
        assert ask.get("/ui/static/page.js").headers["Content-Type"].startswith("text/javascript")
        for path in ("/ui/static/", "/ui/static/../routes.py", "/ui/static/%2e%2e/routes.py"):
            assert ask.get(path).status == 404


class TestPages:
    """What is asked for is shown."""

    def test_runs_have_filters_and_pages(self, ask: Asking, app: App) -> None:
        """The newest first; a state or a name that nobody has is not an error, one that cannot be is."""
        for number in range(52):
            app.submit(command("true", name="many", workflow_id=f"wf-{number:02}"))
        first = text(ask.get("/?name=many"))
        assert ("wf-51" in first, "wf-01<" in first) == (True, False)
        link = re.search(r'rel="next" href="([^"]+)"', first)
        assert link is not None
        assert "wf-01<" in text(ask.get(link[1].replace("&amp;", "&")))
        assert "No run is like this" in text(ask.get("/?state=failed"))
        assert ask.get("/?state=odd").status == 422

    def test_a_run_that_is_not_there_is_an_error_page(self, ask: Asking) -> None:
        """With the status of the API."""
        answer = ask.get("/ui/runs/nowhere")
        assert (answer.status, "RunNotFound" in text(answer)) == (404, True)
        assert ask.get("/ui/runs/nowhere/events").status == 404

    def test_a_run_whose_kinds_are_gone_is_shown_without_its_graph(self, ask: Asking, app: App) -> None:
        """With why."""
        app.run(command("true"))
        document = dict(app.journal.get_document("wf-1"))
        document["operations"] = [{**document["operations"][0], "kind": "gone"}]
        app.journal.create_run(NewRun("wf-2", "two", document, "digest", 1))
        page = text(ask.get("/ui/runs/wf-2"))
        assert "There is no graph of it." in page
        assert "gone" in page

    def test_a_huge_run_is_shown_within_bounds(self, ask: Asking, app: App) -> None:
        """Its figure is left out, and its table ends; both are said."""
        operation = {"id": "a", "kind": "command", "for_each": 2500, "parameters": {"command": ["true"]}}
        app.submit({"name": "huge", "workflow_id": "wf-1", "operations": [operation]})
        page = text(ask.get("/ui/runs/wf-1"))
        assert "2500 operations are too many for one figure" in page
        assert len(page) < 1_000_000

    def test_servers_of_a_cloud_that_fails_hide_no_others(self, isolated_workspace: IsolatedWorkspace) -> None:
        """Each provider has its part, with its error or its servers."""
        isolated_workspace.configure({"providers": {"local": {}, "broken": {"type": "nobody-brings-it"}}})
        isolated_workspace.enable("local")
        app = isolated_workspace.open()
        app.run(
            {
                "name": "s",
                "workflow_id": "wf-s",
                "operations": [
                    {"id": "s", "kind": "server_create", "provider": "local", "parameters": {"name": "box-7"}}
                ],
            }
        )
        try:
            with serving(app) as asking:
                page = text(asking.get("/ui/servers"))
        finally:
            app.rollback("wf-s").wait()
        assert "box-7" in page
        assert '<a href="/ui/runs/wf-s">wf-s</a>' in page
        assert "nobody-brings-it" in page

    def test_a_volume_that_no_run_accounts_for_is_shown(self, isolated_workspace: IsolatedWorkspace) -> None:
        """Beside the servers of its cloud, with what it is."""
        state = str(isolated_workspace.home / "cloud.db")
        isolated_workspace.configure({"providers": {"made-up": {"type": "fake", "state": state}}})
        isolated_workspace.enable(EXTENSIONS / "fake")
        app = isolated_workspace.open()
        labels = {
            "provisioning-installation": app.journal.installation_id,
            "provisioning-workflow": "wf-gone",
            "provisioning-operation": "data",
        }
        app.provider("made-up").create_asset(Volume("left", 1), "token-1", labels)
        with serving(app) as asking:
            page = text(asking.get("/ui/servers"))
        assert re.search(r"volume left <code>\S+</code> .*orphan.*the journal has no such run", page)

    def test_every_event_of_an_operation_has_its_colour(self) -> None:
        """What happens to an operation is seen on its box at once."""
        silent = {EventKind.OPERATION_OUTPUT, EventKind.OPERATION_ADOPTED}
        told = {kind for kind in EventKind if kind.value.startswith(("Operation", "Compensation"))}
        assert told - silent == set(BECOMES)
