"""The status page in Debian's Chromium, without a screen."""
import contextlib
import dataclasses
import shutil

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

# As root there is no sandbox to be had; the page is ours.
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
PHONE, DESK = 390, 1280


@dataclasses.dataclass
class Seen:
    text: str
    scroll_width: int
    problems: list        # what the browser complained about
    asked: list           # what it loaded
    violations: list      # of WCAG, as axe finds them
    picture: bytes


@contextlib.contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


def look(browser, url, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    problems, asked = [], []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    seen = Seen(page.inner_text("body"), page.evaluate("document.documentElement.scrollWidth"), list(problems), list(asked),
                [], page.screenshot(full_page=True))
    # Last: its script is not the page's, and the policy complains about what it tries.
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}).response
    seen.violations = [f"{it['id']}: {node['html'][:120]}" for it in found["violations"] for node in it["nodes"]]
    context.close()
    return seen
