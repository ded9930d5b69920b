"""Terms, privacy and support in real Chromium: readable on a telephone, and nothing that the policy forbids."""

import pytest

pytestmark = [pytest.mark.chromium, pytest.mark.slow, pytest.mark.xdist_group("chromium")]


@pytest.fixture(scope="module")
def url(stage):
    with stage.service(syncing=False) as address:
        yield address


@pytest.mark.parametrize("name", ["terms", "privacy", "support"])
@pytest.mark.parametrize("width", [1200, 360])
def test_a_page_is_whole_styled_and_quiet(browser, url, name, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{url}/{name}")

    assert page.locator("h1").inner_text() == name.title()
    assert page.locator("nav a").all_inner_texts() == ["Terms", "Privacy", "Support"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("getComputedStyle(document.body).maxWidth") == "704px"
    assert [text for text in said if "favicon" not in text] == []
    page.close()
