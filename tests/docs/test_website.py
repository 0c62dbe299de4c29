"""The pages as a site: built without a warning, complete by itself, and usable in a browser."""

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag

import pytest
from docs.pages import TOP, all_pages

import clovrix_env

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1400, "height": 1000}


def build(source, folder):
    """Build a site by the command that ``docs/conf.py`` documents."""
    for needed in ("furo", "myst_parser", "sphinx", "sphinx_copybutton"):
        pytest.importorskip(needed)
    options = ["-qnW", "--keep-going", "-c", TOP / "docs"]
    command = [sys.executable, "-m", "sphinx", *options, source, folder]
    return subprocess.run(command, capture_output=True, text=True, timeout=150)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    built = build(TOP, folder)
    assert (built.returncode, built.stderr) == (0, "")
    return folder


class Html(HTMLParser):
    """The anchors of a page, its links, and what a browser loads for it."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loaded, self.comments = {""}, set(), set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        has = dict(attributes)
        self.ids.add(has.get("id", ""))
        if tag == "a":
            self.links.add(has.get("href", "#"))
        elif tag == "link" and has["rel"] not in ("canonical", "next", "prev"):
            self.loaded.add(has["href"])
        elif "src" in has:
            self.loaded.add(has["src"])

    def handle_comment(self, text):
        self.comments.append(text)


def test_every_link_of_the_site_leads_somewhere(site):
    """To a file and an anchor that are there; and nothing is loaded from another host."""
    pages = {path.resolve(): Html(path) for path in site.rglob("*.html")}
    broken = []
    for path, page in pages.items():
        assert not [address for address in page.loaded if "//" in address]
        assert not [text for text in page.comments if "generate.py" in text or "given" in text]
        for link in page.links | page.loaded:
            address, anchor = urldefrag(unquote(link))
            if "//" in address or address.startswith("mailto:"):
                continue
            target = (path.parent / address.partition("?")[0]).resolve() if address else path
            if not target.is_file() or (anchor and anchor not in pages[target].ids):
                broken.append(f"{path.relative_to(site.resolve())}: {link}")
    assert broken == []


def test_every_page_and_every_public_name_is_on_the_site(site):
    """Pages below ``docs`` are at the top of it; the API has a heading for each name."""
    for page in all_pages():
        assert (site / page.replace("docs/", "", 1)).with_suffix(".html").is_file(), page
    shown = (site / "reference/api.html").read_text(encoding="utf-8")
    for name in clovrix_env.__all__:
        assert f'<h3><code class="docutils literal notranslate"><span class="pre">{name}' in shown


def test_a_broken_link_fails_the_build(tmp_path):
    """A page or a heading that is not there is an error by file and line."""
    (tmp_path / "docs").mkdir()
    text = "# Start\n\n[one](nowhere.md)\n\n[two](index.md#nowhere)\n\n[three](#nowhere)\n"
    (tmp_path / "docs/index.md").write_text(text, encoding="utf-8")
    built = build(tmp_path, tmp_path / "built")
    assert built.returncode == 1
    for line in (3, 5, 7):
        assert f"docs/index.md:{line}: WARNING: " in built.stderr


class Server(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def chromium():
    api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or pytest.skip("there is no chromium")
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(site, chromium):
    """Open a page of the served site; at the end nothing was wrong in any of them."""
    handler = functools.partial(Server, directory=site)
    wrong = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"

        def opened(path, *, viewport=DESK, scheme="light"):
            looks = {"viewport": viewport, "color_scheme": scheme}
            page = chromium.new_context(base_url=address, **looks).new_page()
            page.on("console", lambda m: m.type in ("error", "warning") and wrong.append(m.text))
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("request", lambda r: r.url.startswith(address) or wrong.append(r.url))
            page.goto(path)
            return page

        yield opened
        server.shutdown()
    assert wrong == []


@pytest.mark.deep
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_no_page_is_wider_than_its_window(site, visit, viewport):
    """Wide tables, code and pictures scroll by themselves; the page does not."""
    page = visit("index.html", viewport=viewport)
    for path in sorted(site.rglob("*.html")):
        page.goto(str(path.relative_to(site)))
        assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"], path


@pytest.mark.deep
def test_navigation_search_and_copies(visit):
    """The menu of a phone leads to a page, the search to a function; a prompt is not copied."""
    page = visit("index.html", viewport=PHONE)
    page.click("label.nav-overlay-icon")
    page.click(".sidebar-tree >> text=Containers and services")
    assert page.text_content("h1").startswith("Containers and services")
    page = visit("how-to/hook.html")
    page.fill("input[name=q]", "load_env")
    page.keyboard.press("Enter")
    page.click("ul.search li >> text=Python API > load_env()")
    assert page.url.endswith("reference/api.html#load-env")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("how-to/for-scripts.html")
    page.click("div.highlight-console button.copybtn >> nth=0")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied
    assert "$ " not in copied


@pytest.mark.deep
def test_dark_mode_of_the_system_and_of_the_switch(visit):
    """Both look the same, pictures included, and not as the light mode does."""
    looks = []
    for scheme, switch in (("light", None), ("dark", None), ("light", "dark"), ("dark", "light")):
        page = visit("README.html", scheme=scheme)
        while switch and page.evaluate("document.body.dataset.theme") != switch:
            page.click(".theme-toggle-content .theme-toggle")
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        looks.append((colour, page.locator("article img").first.screenshot()))
    light, dark, switched, switched_back = looks
    assert (switched, switched_back) == (dark, light)
    assert light[0] != dark[0]
    assert light[1] != dark[1]


@pytest.mark.deep
def test_an_address_without_a_page_leads_back(visit, site):
    """At any depth, with the navigation and the style of the site."""
    page = visit("404.html")
    page.route("**/nothing/**", lambda route: route.fulfill(path=site / "404.html"))
    page.goto("nothing/here.html")
    assert page.locator(".sidebar-tree a").count() > 40
    page.click("article p a")
    assert page.text_content("h1").startswith("clovrix-env documentation")
