"""The demo as a person sees it: simulator, service and page as `make demo` runs them, in real Chromium."""

import threading

import pytest
from playwright.sync_api import sync_playwright

from simulator.demo.page import PageApp, page_server
from simulator.demo.screenshots import FLAGS
from simulator.demo.stage import scene
from tests.support.demo import ROOT, WORLD
from tests.support.needs import CHROMIUM


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with scene(WORLD, tmp_path_factory.mktemp("demo"), extra={"PYTHONPATH": str(ROOT)}) as ready:
        ready.set_stages(quiet=True)
        ready.server("sync", quiet=True)
        yield ready


@pytest.fixture(scope="module")
def address(stage):
    with stage.service() as service, page_server(PageApp(stage, service), 8300) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser, address):
    """Fails where the page reports an error of its own."""
    made = browser.new_page(viewport={"width": 1400, "height": 900})
    errors = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    made.set_default_timeout(20_000)
    made.goto(address)
    made.wait_for_selector("body[data-ready]")
    yield made
    made.close()
    assert errors == []
