"""The web chat widget in a real browser: the system's Chromium, driven by Playwright. Left out, loudly, without one."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.api.converse.desk import Desk, until
from tests.server import Server
from tests.services import LEFT_OUT

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WIDGET = Path(__file__).parents[3] / "src/antiphon/api/widget/widget.js"
HELLO = "Hello"
ARGUMENTS = (
    "--no-sandbox",  # tests may run as root
    "--disable-features=LocalNetworkAccessChecks",  # a page of another origin asks a server on the loopback address
)

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("widget") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"{LEFT_OUT}: a browser ({', '.join(PROGRAMS)}) is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """The demo page, in a browser that nobody has used. Nothing may go wrong on it unseen."""
    context = browser.new_context()
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(f"{server.url}/widget")
    yield page
    context.close()
    assert troubles == []


def opened(page: Page) -> Locator:
    """The panel, opened with the keyboard."""
    page.get_by_role("button", name="Chat").focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Chat")
    expect(panel).to_be_visible()
    return panel


def say(panel: Locator, text: str) -> None:
    box = panel.get_by_label("Your message")
    box.fill(text)
    box.press("Enter")


def replies(page: Page) -> Locator:
    return page.locator(".message.us")


def contact_of(page: Page) -> str:
    name: str = page.evaluate("JSON.parse(localStorage.getItem('antiphon-chat-visitor'))")
    return name


def test_the_script_is_one_small_file() -> None:
    assert WIDGET.stat().st_size < 20_000
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", WIDGET.read_text())


def test_the_page_lets_nothing_run_but_ours(server: Server) -> None:
    answer = server.client.get("/widget")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    script = server.client.get("/widget.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["x-content-type-options"] == "nosniff"
    assert server.client.get("/widget.js", headers={"If-None-Match": script.headers["etag"]}).status_code == 304


def test_cv20_a_visitor_writes_and_is_answered(page: Page) -> None:
    panel = opened(page)
    say(panel, HELLO)
    expect(replies(page)).to_have_count(1)
    expect(page.locator(".message.you")).to_have_text(f"You: {HELLO}")
    expect(page.locator(".message.you.waiting")).to_have_count(0)


def test_it_is_worked_with_the_keyboard_alone(page: Page) -> None:
    panel = opened(page)
    expect(panel.get_by_label("Your message")).to_be_focused()
    page.keyboard.type("One line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("and another")
    page.keyboard.press("Enter")
    expect(page.locator(".message.you")).to_contain_text("One line\nand another")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="Chat")).to_be_focused()


def test_who_cannot_see_it_is_told_what_it_is(page: Page) -> None:
    panel = opened(page)
    expect(panel.get_by_role("log", name="Conversation")).to_have_attribute("aria-live", "polite")
    expect(panel.get_by_role("status")).to_have_count(1)
    expect(panel.get_by_role("button", name="Send")).to_be_visible()
    expect(panel.get_by_role("button", name="Close the chat")).to_be_visible()


def test_who_wants_no_motion_sees_none(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    panel = opened(page)
    assert panel.evaluate("one => getComputedStyle(one).animationName") == "none"


def test_markup_is_shown_and_never_run(page: Page) -> None:
    panel = opened(page)
    say(panel, "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>")
    expect(replies(page)).to_have_count(1)
    expect(page.locator(".message.you")).to_contain_text("<img src=x onerror=")
    assert page.title() == "Web chat"
    assert page.locator(".message img, .message script").count() == 0


def test_what_came_while_it_was_closed_is_counted_and_shown(page: Page, server: Server) -> None:
    panel = opened(page)
    say(panel, HELLO)
    expect(replies(page)).to_have_count(1)
    page.keyboard.press("Escape")
    Desk(server).say(HELLO, address=contact_of(page))
    expect(page.locator(".badge")).to_have_text("1 message you have not read")
    opened(page)
    expect(replies(page)).to_have_count(2)


def test_the_conversation_is_there_after_a_reload_once(page: Page, server: Server) -> None:
    say(opened(page), HELLO)
    expect(replies(page)).to_have_count(1)
    contact = contact_of(page)
    page.goto("about:blank")
    Desk(server).say(HELLO, address=contact)  # while nobody is there
    page.goto(f"{server.url}/widget")
    opened(page)
    expect(replies(page)).to_have_count(2)
    expect(page.locator(".message.you")).to_have_count(1)


def test_a_line_that_breaks_is_made_anew_and_nothing_is_lost(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The server is killed while somebody writes."""
    with Server(tmp_path_factory.mktemp("broken") / "data") as server:
        page = browser.new_page()
        page.goto(f"{server.url}/widget")
        panel = opened(page)
        say(panel, HELLO)
        expect(replies(page)).to_have_count(1)
        expect(page.locator(".message.you.waiting")).to_have_count(0)
        server.kill()
        expect(panel.get_by_role("status")).to_contain_text("No connection")
        say(panel, "Are you there?")
        expect(page.locator(".message.you.waiting")).to_have_count(1)
        server.start().ready()
        expect(page.locator(".message.you.waiting")).to_have_count(0, timeout=60_000)
        expect(replies(page)).to_have_count(2)
        assert [said["role"] for said in transcript(server, contact_of(page))] == ["inbound", "outbound"] * 2
        page.close()


def test_cv20_a_second_window_takes_over(page: Page) -> None:
    panel = opened(page)
    say(panel, HELLO)
    expect(replies(page)).to_have_count(1)
    other = page.context.new_page()
    other.goto(page.url)
    expect(panel.get_by_role("status")).to_contain_text("another window")
    expect(replies(other)).to_have_count(1)
    say(panel, "Back again")
    expect(replies(page)).to_have_count(2)


def test_cv20_a_token_that_is_refused_is_told_to_the_page(browser: Browser, tmp_path: Path) -> None:
    with Server(tmp_path / "data", env={"CONVERSE_SECRET_KEY": "s"}) as server:
        page = browser.new_page()
        page.add_init_script("document.addEventListener('antiphon-chat-token', () => { window.asked = true; });")
        page.goto(f"{server.url}/widget")
        until(lambda: page.evaluate("window.asked === true"))
        expect(opened(page).get_by_role("status")).to_contain_text("expired")
        page.close()


def transcript(server: Server, contact: str) -> list[dict[str, str]]:
    desk = Desk(server)
    found = next(one for one in desk.get("conversations") if one["contact_id"] == contact_id(desk, contact))
    return [
        {"role": said["direction"], "text": said["content"]}
        for said in desk.get(f"conversations/{found['id']}")["messages"]
    ]


def contact_id(desk: Desk, address: str) -> str:
    people = desk.get("contacts", limit=200)
    return str(next(one["id"] for one in people if any(way["address"] == address for way in one["channels"])))


def test_it_works_on_a_page_of_another_origin_with_styles_and_a_policy_of_its_own(page: Page, server: Server) -> None:
    shop = f"http://localhost:{server.port}/shop"  # another origin than 127.0.0.1
    sources = f"script-src {server.url}; connect-src ws://127.0.0.1:{server.port}"
    page.route(
        shop,
        lambda route: route.fulfill(
            content_type="text/html",
            headers={"Content-Security-Policy": f"default-src 'none'; style-src 'none'; {sources}"},
            body=f'<!doctype html><script src="{server.url}/widget.js" data-title="Help" data-open></script><p>Shop',
        ),
    )
    page.goto(shop)
    panel = page.get_by_role("dialog", name="Help")
    say(panel, HELLO)
    expect(replies(page)).to_have_count(1)
    assert panel.evaluate("one => getComputedStyle(one).position") == "fixed"
