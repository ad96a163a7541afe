"""The status page in Debian's Chromium, without a screen."""
import contextlib
import dataclasses
import http.server
import json
import shutil
import threading
import urllib.request

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


class Keeper:
    """Keeps the worker's page, byte for byte with its headers, when Apple has refused a credential for `seconds`: a browser
    takes longer to look than a demo's trouble lasts."""

    def __init__(self, seconds):
        self.seconds, self.headers, self.body = seconds, None, None

    def look(self, url):
        try:
            with urllib.request.urlopen(f"{url}status", timeout=5) as answer:
                gates = json.load(answer)["gates"]
            if self.body or not any(gate["reason"] == "credential_refused" and gate["closed_for_seconds"] >= self.seconds
                                    for gate in gates):
                return
            with urllib.request.urlopen(url, timeout=5) as answer:
                self.headers, self.body = dict(answer.headers), answer.read()
        except OSError:
            pass

    @contextlib.contextmanager
    def served(self):
        """At an address of its own, once more and without renewing itself."""
        keeper = self

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                for name, value in keeper.headers.items():
                    if name not in ("Refresh", "Connection"):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(keeper.body)

            def log_message(self, *_):
                pass
        with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()


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
