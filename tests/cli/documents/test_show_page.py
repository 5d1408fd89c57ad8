"""The page of `show --html` in a real browser: nothing is cut off, at any width; nothing is fetched. And what it is made of."""

import base64
import html
import http.server
import json
import re
import shutil
import subprocess
import threading
import tracemalloc

import pytest

from infocaller_cli import decode
from infocaller_cli.cli.documents.show_items import Named
from infocaller_cli.cli.documents.show_page import Page
from infocaller_cli.cli.documents.show_summary import summarize

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LONG = "x" * 300
PASSWORD = {"INFOCALLER_PASSWORD": "3956"}

# Shows the page in a frame of each width, and says how wide it became, all its text, and which cells have a word in pieces
HARNESS = """<!DOCTYPE html><body><script>
const widths = [360, 700, 800, 1280];
let left = widths.length;
const found = {};
for (const width of widths) {
  const frame = document.createElement("iframe");
  frame.style = `width: ${width}px; height: 900px; border: 0`;
  frame.src = "page.html";
  frame.onload = () => {
    const root = frame.contentDocument.documentElement;
    const broken = [...root.querySelectorAll("td:first-child, .number, .name")].filter(cell => {
      const text = frame.contentDocument.createRange();
      text.selectNodeContents(cell);
      const words = cell.innerText.split(/\\s+/).length;
      return new Set([...text.getClientRects()].map(each => Math.round(each.bottom / 8))).size > words;
    });
    found[width] = [root.scrollWidth, root.innerText, broken.map(cell => cell.innerText)];
    if (!--left) document.body.textContent = JSON.stringify(found);
  };
  document.body.append(frame);
}
</script></body>"""


@pytest.fixture
def page(run, tmp_path, request):
    """The page of a call: an event, a query with long words and markup in it, a diversion, a fin. A parameter is an option more."""
    records = []
    for kind, *more in (
        ("inicio",),
        ("query", "--var", f"NOMBRE=<b>José</b> & {LONG}"),
        ("desvio_correcto",),
        ("fin", "--start", "2026-11-23T10:00:00"),
    ):
        body = run("sample", kind, *more, env=PASSWORD)
        answer = {"status": 500, "header": {}, "body": "", "ms": 1834.2}
        row = {"method": "POST", "url": f"/ev?e={kind}", "header": {}, "body": base64.b64encode(body.stdout).decode(), "resp": answer}
        records.append(json.dumps(row if kind != "query" else row | {"resp": None}))
    (tmp_path / "calls.ndjson").write_text("\n".join(records) + "\n")
    done = run("show", *getattr(request, "param", ()), "calls.ndjson", "--html", "page.html", env=PASSWORD)
    assert (done.code, done.out, done.err) == (0, "", "")
    return (tmp_path / "page.html").read_text()


# The colours of the page and of all that has text of its own
COLORS = """<!DOCTYPE html><body><iframe src="page.html"></iframe><script>
document.querySelector("iframe").onload = event => {
  const root = event.target.contentDocument;
  const color = (element, which) => event.target.contentWindow.getComputedStyle(element)[which].match(/[\\d.]+/g).slice(0, 3).map(Number);
  const said = node => node.nodeType == 3 && node.data.trim();
  const own = [...root.querySelectorAll("body *")].filter(each => [...each.childNodes].some(said));
  const name = each => each.parentNode.className + " " + each.localName + "." + each.className;
  const inks = Object.fromEntries(own.map(each => [name(each), color(each, "color")]));
  document.body.textContent = JSON.stringify([color(root.body, "backgroundColor"), inks]);
};
</script></body>"""


def browse(folder, harness, page, *options):
    """What a harness says of a page in Chromium, and what was asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = {"/": harness, "/page.html": page}.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    quiet = ("gpu", "quic", "background-networking", "component-update", "sync")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [CHROMIUM, "--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{what}" for what in quiet), *options]
        command += [f"--user-data-dir={folder}/profile", "--window-size=1400,2000", "--virtual-time-budget=20000", "--dump-dom"]
        url = f"http://127.0.0.1:{server.server_port}/"
        done = subprocess.run([*command, url], capture_output=True, timeout=120, check=True)
        server.shutdown()
    return json.loads(html.unescape(re.search(r"<body>([{\[].*[}\]])</body>", done.stdout.decode(), re.DOTALL)[1])), asked


def luminance(color):
    """WCAG 2.2, "relative luminance"."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (each / 255 for each in color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium")
@pytest.mark.parametrize("page", [("--calls",)], ids=["calls"], indirect=True)
@pytest.mark.parametrize(("scheme", "dark"), [(1, False), (0, True)], ids=["light", "dark"])
def test_text_can_be_read_light_and_dark(page, tmp_path, scheme, dark):
    """A contrast of 4.5 to 1, WCAG 2.2, criterion 1.4.3."""
    (paper, inks), _ = browse(tmp_path, COLORS, page, f"--blink-settings=preferredColorScheme={scheme}")
    assert (luminance(paper) < 0.1) == dark
    assert {" dd.valid", " td.name", "record td.name", "record wrong td.name", "name span.code", " td.number lasts derived"} <= set(inks)
    for name, ink in inks.items():
        lighter, darker = sorted((luminance(paper), luminance(ink)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, name


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium")
@pytest.mark.parametrize("page", [(), ("--calls",)], ids=["documents", "calls"], indirect=True)
def test_in_a_browser_nothing_is_cut_off_and_nothing_is_fetched(page, tmp_path):
    shown, asked = browse(tmp_path, HARNESS, page)
    for width, (scrolled, text, broken) in shown.items():
        assert scrolled <= int(width)
        assert broken == []  # times, amounts and the words of actions are whole; 700 is about what paper has
        for words in (
            "Bienvenida",
            "<b>José</b> &",
            LONG,
            "1 min 35 s",
            "valid: it proves line and call id",
            "98565656 of line 123456789",
        ):
            assert words in text
    assert set(asked) <= {"/", "/page.html", "/favicon.ico"}


@pytest.mark.skipif(not (CHROMIUM and shutil.which("pdftotext")), reason="there is no Chromium, or no pdftotext")
@pytest.mark.parametrize("page", [("--calls",)], ids=["calls"], indirect=True)
def test_on_paper_all_is_there_and_no_total_is_repeated(page, tmp_path):
    """A call of many pages; the foot of a table would stand on each of them."""
    rows = re.search(r"<tbody>\n(.*?)</tbody>", page, re.DOTALL)
    (tmp_path / "long.html").write_text(page.replace(rows[1], rows[1] * 12))
    command = [CHROMIUM, "--headless", "--no-sandbox", "--no-first-run", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"]
    subprocess.run(
        [*command, f"--print-to-pdf={tmp_path}/page.pdf", f"file://{tmp_path}/long.html"], capture_output=True, timeout=120, check=True
    )
    text = subprocess.run(["pdftotext", "-layout", tmp_path / "page.pdf", "-"], capture_output=True, check=True).stdout.decode()
    assert text.count("\f") > 2
    assert text.count("Total") == 1
    assert text.count("Time ") > 2  # its head does
    for words in ("98565656 of line 123456789", "Bienvenida", "0.340000", "DESVIO_CORRECTO", "4 records, 7 actions"):
        assert words in text


def test_a_document_leaves_nothing_but_its_line_of_the_contents(run):
    """What 2,000 finished calls leave behind in a page that is written as it goes, in bytes a document."""
    summary = summarize(decode(run("sample", "fin").stdout), None)
    page = Page("many")
    page.document(Named("a", "123456789", "0", summary))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(2000):
        page.document(Named(f"calls.ndjson#{number}", "123456789", str(60000000 + number), summary))
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert kept / 2000 < 800
    assert sum(1 for _ in page.foot()) == 2001 + 3


def test_every_document_stands_in_the_table_of_contents_by_call(page):
    anchors = re.findall(r'<article id="(\w+)">', page)
    assert re.findall(r'<a href="#(\w+)">', page) == anchors == ["d1", "d2", "d3", "d4"]
    assert len(re.findall(r"call 98565656 of line 123456789", page)) == 1


def test_a_recorded_answer_stands_with_its_query_and_an_event_under_its_name(run, tmp_path):
    answer = run("sample", "response", "--var", "PEDIDO=2").stdout
    records = []
    for kind, url, response in (("inicio", "/ev?e=inicio", b""), ("query", "/ev", answer), ("fin", "/ev?e=fin", b"OK")):
        body = base64.b64encode(run("sample", kind, env=PASSWORD).stdout).decode()
        got = {"status": 200, "header": {"Content-Type": ["text/xml"]}, "body": base64.b64encode(response).decode(), "ms": 1}
        records.append({"ts": "2026-11-23T10:00:00.5Z", "method": "POST", "url": url, "header": {}, "body": body, "resp": got})
    (tmp_path / "calls.ndjson").write_text("".join(json.dumps(each) + "\n" for each in records))
    assert run("show", "calls.ndjson", "--html", "page.html", env=PASSWORD).code == 0
    contents = re.search("<nav>.*</nav>", (tmp_path / "page.html").read_text())[0]
    assert re.findall(r'<a href="#(\w+)">([^<]*)</a>', contents) == [
        *(("d1", "INICIO"), ("d2", "query ESTADO PEDIDO"), ("d3", "answer"), ("d4", "FIN")),
    ]
    assert contents.count("call 98565656") == 1
    assert "without a call" not in contents
    assert "2026-11-23 10:00:00, 200, 1.0 ms: done" in contents


def test_it_is_a_page_of_its_own(page):
    assert page.startswith("<!DOCTYPE html>")
    for part in ('<html lang="en">', '<meta charset="utf-8">', "width=device-width", "<title>infocaller show calls.ndjson</title>"):
        assert part in page
    assert not re.search(r"<script|@import|url\(|https?://|ae73e4b16a280726fb2e0e6bfb43902a", page)
    assert re.search(r"prefers-color-scheme: dark.*@media print", page, re.DOTALL)


def test_bars_stand_where_the_actions_do(page):
    """Seven actions in 95 seconds; the last, at their end, is a mark that can still be seen."""
    bars = [tuple(map(int, bar)) for bar in re.findall(r'<rect x="(\d+)" width="(\d+)"', page)]
    assert len(bars) == 7
    assert bars[0][0] == 0
    assert all(x + width <= 1000 and width >= 5 for x, width in bars)
    assert sorted(bars) == bars


def test_what_cannot_be_read_leaves_no_page(run, tmp_path):
    (tmp_path / "x").write_text("nothing")
    assert run("show", "x", "--html", "page.html").code == 3
    assert not (tmp_path / "page.html").exists()
