"""A real browser, quiet and offline, that tells what goes wrong on a page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

__all__ = ["Window", "chromium", "window"]

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium; skip the test where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no Chromium on the PATH")
    expect.set_options(timeout=20_000)  # nobody hurries them
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield browser
        browser.close()


@dataclass
class Window:
    """One page of a browser; `complaints` are what its console, its policy and its network said."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def picture(self, name: str) -> None:
        """Keep a picture of the page as test output, where `TEST_PICTURES` names a folder for it."""
        folder = os.environ.get("TEST_PICTURES")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@contextmanager
def window(browser: Browser, url: str, **options: Any) -> Iterator[Window]:
    """Open a page that belongs to one server; at the end it has asked nobody else, and nothing was wrong on it."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(20_000)
    opened = Window(context.new_page(), url)

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            opened.complaints.append(f"{message.type}: {message.text}")

    def watch(request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(url).netloc:
            opened.complaints.append(f"asked elsewhere: {request.url}")

    opened.page.on("console", hear)
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.page.on("request", watch)
    try:
        yield opened
        assert opened.complaints == []
    finally:
        context.close()
