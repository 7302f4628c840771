"""The page in a real browser: runs are started, watched, cancelled and rolled back by hand."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from provisioning.app import App, Scope, Tokens
from provisioning.contract import ServerSpec
from tests.api.browser import Window, chromium, window
from tests.api.serving import Asking, serving

WAITS = "until [ -e {go} ]; do sleep 0.05; done"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def seen(browser: Browser, ask: Asking) -> Iterator[Window]:
    with window(browser, ask.url) as found:
        yield found


def gated(go: Path) -> dict[str, Any]:
    """A workflow whose second operation waits for a file, and the third one for it."""

    def command(name: str, line: str) -> dict[str, Any]:
        return {"id": name, "kind": "command", "parameters": {"command": ["sh", "-c", line], "undo": ["true"]}}

    return {
        "name": "gated",
        "workflow_id": "wf-1",
        "operations": [
            command("first", "echo on we go"),
            command("gate", WAITS.format(go=go)),
            command("last", "echo at last"),
        ],
        "dependencies": {"gate": ["first"], "last": ["gate"]},
    }


def box(page: Page, operation: str) -> Any:
    return page.locator(f'.box[data-operation="{operation}"]')


def state(page: Page) -> Any:
    return page.locator("#state .badge").first


def test_a_workflow_is_started_and_watched_to_its_end(seen: Window, tmp_path: Path) -> None:
    """Its graph is coloured, its log grows and its timeline is drawn as it goes on, without a reload."""
    page = seen.go("/")
    expect(page.get_by_text("There is no run yet.")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="New run").click()
    document = f'''name = "gated"
[[operations]]
id = "first"
kind = "command"
parameters = {{ command = ["echo", "on we go"] }}
[[operations]]
id = "gate"
kind = "command"
parameters = {{ command = ["sh", "-c", "{WAITS.format(go=tmp_path / "go")}"] }}
[[operations]]
id = "last"
kind = "command"
parameters = {{ command = ["echo", "at last"] }}
[dependencies]
gate = ["first"]
last = ["gate"]
'''
    page.get_by_label("Workflow document").fill(document)
    page.get_by_role("button", name="Plan").click()
    expect(page.get_by_role("heading", name="Plan of gated")).to_be_visible()
    seen.picture("plan")
    page.get_by_role("button", name="Start").click()
    expect(page).to_have_url(re.compile("/ui/runs/wf-"))
    expect(box(page, "gate")).to_have_attribute("data-state", "started")
    expect(box(page, "last")).to_have_attribute("data-state", "not begun")
    expect(state(page)).to_have_text("running")
    seen.picture("running")
    page.evaluate("window.isTheSame = true")

    (tmp_path / "go").touch()

    expect(box(page, "last")).to_have_attribute("data-state", "succeeded")
    expect(state(page)).to_have_text("succeeded")
    expect(page.get_by_role("status")).to_have_text("succeeded: 3 of 3 operations done")
    expect(page.locator("#log")).to_contain_text("last | at last")
    expect(page.locator("#timeline tbody tr")).to_have_count(3)
    expect(page.locator('#operations tr[data-operation="last"]')).to_have_attribute("data-state", "succeeded")
    assert page.evaluate("window.isTheSame")
    seen.picture("succeeded")


def test_a_run_is_cancelled_and_undone(seen: Window, ask: Asking) -> None:
    """Both take a second click, and both are seen as they happen."""
    names = [f"step-{number}" for number in range(100)]
    operations = [
        {"id": name, "kind": "command", "parameters": {"command": ["sleep", "0.2"], "undo": ["true"]}} for name in names
    ]
    needs = {name: [needed] for needed, name in pairwise(names)}
    ask("POST", "/workflows", {"name": "long", "workflow_id": "wf-1", "operations": operations, "dependencies": needs})
    page = seen.go("/ui/runs/wf-1")
    expect(box(page, "step-0")).to_have_attribute("data-state", "succeeded")
    page.locator("summary", has_text="Cancel").click()
    page.get_by_role("button", name="Stop, and leave what is there").click()
    expect(state(page)).to_have_text("interrupted")
    expect(box(page, "step-99")).to_have_attribute("data-state", "not begun")

    page.locator("summary", has_text="Roll back").click()
    seen.picture("confirmation")
    page.get_by_role("button", name="Yes, roll back").click()

    expect(state(page)).to_have_text("rolled back")
    expect(box(page, "step-0")).to_have_attribute("data-state", "compensated")
    expect(page.locator("#actions details")).to_have_count(0)
    assert ask.get("/workflows/wf-1").data["state"] == "rolled_back"


def test_a_run_that_failed_says_why_and_is_resumed(seen: Window, ask: Asking, app: App, tmp_path: Path) -> None:
    """The error stands with its hint; resumed, the run goes on to its end."""
    failing = {"id": "a", "kind": "command", "parameters": {"command": ["test", "-e", str(tmp_path / "go")]}}
    app.run({"name": "f", "workflow_id": "wf-1", "operations": [failing], "configuration": {"on_failure": "stop"}})
    page = seen.go("/ui/runs/wf-1")
    problem = page.get_by_role("alert").first
    expect(problem).to_contain_text("test ended with exit status 1")
    expect(problem).to_contain_text("its output is in provisioning workflow logs")
    seen.picture("failed")
    (tmp_path / "go").touch()
    page.locator("summary", has_text="Resume").click()
    page.get_by_role("button", name="Yes, resume").click()
    expect(state(page)).to_have_text("succeeded")
    assert ask.get("/workflows/wf-1").data["state"] == "succeeded"


def test_the_list_of_runs_is_live(seen: Window, app: App) -> None:
    """A run that somebody starts elsewhere appears by itself."""
    page = seen.go("/")
    expect(page.get_by_text("There is no run yet.")).to_be_visible()
    app.run(
        {
            "name": "x",
            "workflow_id": "by-hand",
            "operations": [{"id": "a", "kind": "command", "parameters": {"command": ["true"]}}],
        }
    )
    expect(page.get_by_role("row", name=re.compile("succeeded.*by-hand"))).to_be_visible()


def test_servers_and_orphans_are_shown(seen: Window, app: App) -> None:
    """A server that no run accounts for is marked, in words."""
    server = {"id": "s", "kind": "server_create", "provider": "local", "parameters": {"name": "box-7"}}
    app.run({"name": "s", "workflow_id": "wf-s", "operations": [server]})
    labels = {key: "wf-gone" if value == "wf-s" else value for key, value in next(iter(app.servers())).labels.items()}
    stray = app.provider("local").create_server(ServerSpec("box-8"), "token-8", labels)
    try:
        page = seen.go("/ui/servers")
        expect(page.get_by_role("row", name=re.compile("box-7.*wf-s"))).to_be_visible()
        expect(page.get_by_role("row", name=re.compile("box-8.*orphan.*the journal has no such run"))).to_be_visible()
        seen.picture("servers")
    finally:
        app.provider("local").delete_server(stray.id)
        app.rollback("wf-s").wait()


def test_extensions_are_shown_with_their_reasons(seen: Window, app: App) -> None:
    """Each with its status, and why it cannot be used."""
    page = seen.go("/ui/extensions")
    expect(page.get_by_role("row", name=re.compile("^✓? ?(ready|active) local"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("disabled.*audit-log.*disabled_by_default"))).to_be_visible()
    seen.picture("extensions")


def test_a_token_is_asked_for_where_one_is_needed(browser: Browser, app: App) -> None:
    """Signed in, everything works, live events included; signed out, nothing does."""
    _, token = Tokens(app.workspace).create("me", Scope.RUN, lifetime=None)
    with serving(app, require_token=True) as ask, window(browser, ask.url) as seen:
        page = seen.go("/")
        page.get_by_label("Token").fill(token)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Runs")).to_be_visible()
        app.run(
            {
                "name": "x",
                "workflow_id": "by-hand",
                "operations": [{"id": "a", "kind": "command", "parameters": {"command": ["true"]}}],
            }
        )
        expect(page.get_by_role("row", name=re.compile("succeeded.*by-hand"))).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        seen.go("/ui/servers")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_everything_is_reached_by_the_keyboard(seen: Window, ask: Asking, app: App, tmp_path: Path) -> None:
    """From the address to a rollback that is confirmed, with Tab and Enter alone."""
    ask("POST", "/workflows", gated(tmp_path / "go"))
    (tmp_path / "go").touch()
    ask.wait("wf-1")
    page = seen.go("/ui/runs/wf-1")

    def tab_to(text: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()") == text:
                return
        raise AssertionError(f"{text} is not reached")

    tab_to("Skip to content")
    tab_to("Roll back")
    page.keyboard.press("Enter")
    tab_to("Yes, roll back")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(state(page)).to_have_text("rolled back")


NAMELESS = """() => [...document.querySelectorAll('a, button, input, select, textarea, summary, [role]')]
  .filter((one) => one.checkVisibility() && !(one.textContent.trim() || one.getAttribute('aria-label')
    || one.labels?.length || document.getElementById(one.getAttribute('aria-labelledby'))))
  .map((one) => one.outerHTML)"""
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = (color) => color.slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (one) => { for (; one; one = one.parentElement) {
    const color = rgb(getComputedStyle(one).backgroundColor);
    if (color[3] === 255) return color; } return [255, 255, 255, 255]; };
  const found = [];
  for (const one of document.querySelectorAll('main *, header *')) {
    if (one.closest('svg') || !one.checkVisibility()) continue;
    if (![...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
    const [a, b] = [light(rgb(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push(`${one.tagName} ${one.textContent.trim().slice(0, 40)}`);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (360, 740)], ids=["desk", "phone"])
def test_it_can_be_read(scheme: Any, size: tuple[int, int], browser: Browser, ask: Asking, app: App) -> None:
    """By everybody: headings in order, a name for each control, contrast (WCAG AA), no scrolling sideways."""
    failing = {"id": "a", "kind": "command", "parameters": {"command": ["false"]}}
    app.run({"name": "f", "workflow_id": "wf-1", "operations": [failing], "configuration": {"on_failure": "stop"}})
    options = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": scheme}
    with window(browser, ask.url, **options) as seen:
        for path in ("/", "/ui/runs/wf-1", "/ui/submit", "/ui/servers", "/ui/extensions", "/ui/sign-in"):
            page = seen.go(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert page.evaluate(NAMELESS) == [], path
            assert page.evaluate(CONTRAST) == [], path
            expect(page.get_by_role("main")).to_have_count(1)
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
            seen.picture(f"{scheme}-{size[0]}-{path.strip('/').replace('/', '-') or 'runs'}")


def test_without_scripts_it_can_be_read_and_used(browser: Browser, ask: Asking, app: App) -> None:
    """Only liveliness is lost."""
    app.run(
        {
            "name": "x",
            "workflow_id": "wf-1",
            "operations": [{"id": "a", "kind": "command", "parameters": {"command": ["true"]}}],
        }
    )
    with window(browser, ask.url, java_script_enabled=False) as seen:
        page = seen.go("/ui/runs/wf-1")
        expect(page.locator("#log")).to_contain_text("a succeeded")
        page.locator("summary", has_text="Roll back").click()
        page.get_by_role("button", name="Yes, roll back").click()
        assert ask.wait("wf-1") == "rolled_back"
        expect(seen.go("/ui/runs/wf-1").locator("#state .badge").first).to_have_text("rolled back")


def test_a_graph_of_a_thousand_operations_stays_usable(seen: Window, ask: Asking, tmp_path: Path) -> None:
    """It is drawn whole, follows what happens, answers the keyboard, and no frame takes a second meanwhile."""
    operation = {"kind": "command", "parameters": {"command": ["true"]}}
    names = [f"op-{number}" for number in range(1000)]
    operations = [{"id": name, **operation} for name in names]
    operations[0] = {
        "id": "op-0",
        "kind": "command",
        "parameters": {"command": ["sh", "-c", WAITS.format(go=tmp_path / "go")]},
    }
    needs = {name: [names[number // 3]] for number, name in enumerate(names) if number}
    ask(
        "POST",
        "/workflows",
        {
            "name": "big",
            "workflow_id": "wf-1",
            "operations": operations,
            "dependencies": needs,
            "configuration": {"parallelism": 4},
        },
    )
    page = seen.go("/ui/runs/wf-1")
    expect(page.locator(".box")).to_have_count(1000)
    page.evaluate(
        "() => { let last = performance.now(); window.longest = 0;"
        "const look = () => { const now = performance.now(); window.longest = Math.max(window.longest, now - last);"
        "last = now; requestAnimationFrame(look); }; requestAnimationFrame(look); }"
    )
    (tmp_path / "go").touch()
    expect(state(page)).to_have_text("succeeded", timeout=120_000)
    expect(page.locator('.box[data-state="succeeded"]')).to_have_count(1000)
    assert page.evaluate("window.longest") < 5000
    canvas = page.locator(".canvas")
    before = page.locator("#graph").evaluate("svg => svg.getBoundingClientRect().width")
    canvas.press("+")
    assert page.locator("#graph").evaluate("svg => svg.getBoundingClientRect().width") > before
    canvas.press("0")
    assert page.locator("#graph").evaluate("svg => svg.getBoundingClientRect().width") < before
    seen.picture("thousand")


LOOK = """hidden => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def test_a_page_that_nobody_sees_follows_nothing_and_catches_up(seen: Window, ask: Asking, tmp_path: Path) -> None:
    """A browser has few connections for one server; what happened meanwhile is there when it is seen again, once."""
    ask("POST", "/workflows", gated(tmp_path / "go"))
    page = seen.go("/ui/runs/wf-1")
    expect(box(page, "gate")).to_have_attribute("data-state", "started")
    page.evaluate(LOOK, arg=True)
    (tmp_path / "go").touch()
    assert ask.wait("wf-1") == "succeeded"
    expect(box(page, "last")).to_have_attribute("data-state", "not begun")
    page.evaluate(LOOK, arg=False)
    expect(box(page, "last")).to_have_attribute("data-state", "succeeded")
    assert page.locator("#log").inner_text().count("last | at last") == 1


def test_a_browser_that_was_cut_off_catches_up(browser: Browser, app: App, ask: Asking, tmp_path: Path) -> None:
    """What happened while it was offline is there afterwards, each line once."""
    ask("POST", "/workflows", gated(tmp_path / "go"))
    with window(browser, ask.url) as seen:
        page = seen.go("/ui/runs/wf-1")
        expect(box(page, "gate")).to_have_attribute("data-state", "started")
        page.context.set_offline(offline=True)
        (tmp_path / "go").touch()
        assert ask.wait("wf-1") == "succeeded"
        page.context.set_offline(offline=False)
        expect(box(page, "last")).to_have_attribute("data-state", "succeeded")
        expect(state(page)).to_have_text("succeeded")
        assert page.locator("#log").inner_text().count("last | at last") == 1
        seen.complaints.clear()
