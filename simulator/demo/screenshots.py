"""``python -m simulator.demo.screenshots``: the README's pictures, taken anew from the running demo."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from simulator.demo.page import PageApp, page_server
from simulator.demo.stage import ROOT, scene

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-quic"]  # fmt: skip
SIZE: ViewportSize = {"width": 1280, "height": 800}
FOLDER = ROOT / "docs" / "images"
RITA, BEN = "rita@northlight.example", "ben@northlight.example"


def _open(page: Page, mailbox: str, source: str) -> None:
    page.locator("#mailboxes button", has_text=mailbox).click()
    row = page.locator(f'#list [data-source="{source}"]')
    row.click()
    page.locator(f'#sidebar[data-message="{row.get_attribute("data-id")}"]:not(.gc-busy)').wait_for()


def _open_logged(page: Page) -> None:
    _open(page, BEN, "004.eml")


def _open_not_logged(page: Page) -> None:
    _open(page, RITA, "017.eml")


def _open_moving(page: Page) -> None:
    _open(page, BEN, "004.eml")
    page.locator("#sidebar").get_by_role("button", name="Use another").click()
    page.locator("#sidebar input[name=search]").fill("works")
    page.locator("#sidebar").get_by_role("button", name="Search").click()
    page.locator("#sidebar h3", has_text="Found").wait_for()


PICTURES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "logged": ("light", _open_logged),
    "not-logged": ("dark", _open_not_logged),
    "moving": ("light", _open_moving),
}


def _take_pictures(browser: Browser, address: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, (scheme, show) in PICTURES.items():
        page = browser.new_page(viewport=SIZE, color_scheme="dark" if scheme == "dark" else "light")
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        show(page)
        page.screenshot(path=FOLDER / f"{name}.png")
        page.close()


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("Chromium is not here: apt install chromium", file=sys.stderr)  # noqa: T201
        return 3
    world = ROOT / "simulator" / "worlds" / "demo"
    with tempfile.TemporaryDirectory() as folder, scene(world, Path(folder)) as stage:
        stage.set_stages(quiet=True)
        stage.server("sync", quiet=True)
        with stage.service() as service, page_server(PageApp(stage, service), 8300) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
                _take_pictures(browser, f"http://127.0.0.1:{server.port}")
                browser.close()
            server.shutdown()
            thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
