"""A real browser for the tests of the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if path is None:
        if os.environ.get("DURE_NEED_BROWSER"):
            pytest.fail("DURE_NEED_BROWSER is set, but no Chromium is installed")
        pytest.skip("no Chromium is installed; it is needed to look at the page")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        yield opened
        opened.close()


Opens = Callable[..., Page]


@pytest.fixture
def opens(browser: Browser, tmp_path: Path) -> Iterator[Opens]:
    """Opens HTML from a file; at the end nothing was asked of the network, and no errors."""
    complaints: list[str] = []
    contexts = []

    def opened(html: str, size: tuple[int, int] = (1280, 900), scheme: Any = "light") -> Page:
        file = tmp_path / f"page{len(contexts)}.html"
        file.write_text(html, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(f"console: {message.text}"))
        tab.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        tab.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        tab.on(
            "request",
            lambda request: (
                None
                if request.url == file.as_uri() or request.url.startswith("data:")
                else complaints.append(f"request: {request.url}")
            ),
        )
        tab.goto(file.as_uri())
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert not complaints
