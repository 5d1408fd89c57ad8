"""What people really hold is read by every command that takes a FILE, and one notice says what lay on it."""

import html
import json
from pathlib import Path
from urllib.parse import quote_plus

import pytest

VECTORS = Path(__file__).parents[2] / "vectors" / "found"
EXPECTED = json.loads((VECTORS / "expected.json").read_text())
FILES = sorted(path for path in VECTORS.iterdir() if path.name != "expected.json")
PASSWORD = {"INFOCALLER_PASSWORD": "3956"}
ANSWER = '<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>OK</ResultText></Status><CustVars/></ApiCall>'
REQUESTS = [path for path in FILES if path.name != "saved_resp.http"]


def named(paths):
    return {"argvalues": paths, "ids": [path.name for path in paths]}


@pytest.mark.parametrize("path", **named(FILES))
def test_validate_judges_what_was_found_and_says_what_lay_on_it(run, path):
    row, words = EXPECTED[path.name]
    done = run("validate", path, "--json", env=PASSWORD)
    assert (done.code, done.err) == (0, f"note: {path}:{row}: {words}\n")
    assert json.loads(done.out)["valid"] is True


@pytest.mark.parametrize("path", **named(REQUESTS))
def test_verify_and_show_read_it(run, path):
    row, words = EXPECTED[path.name]
    done = run("verify", path, env=PASSWORD)
    assert done.code == 0
    assert done.out.startswith(f"{path}: valid: the signature proves line and call id (line 123456789, call 98565656)")
    assert done.err == f"note: {path}:{row}: {words}\n"
    assert "call: 98565656" in run("show", path, env=PASSWORD).out


@pytest.mark.parametrize("path", **named(FILES))
def test_exact_reads_a_file_as_it_is(run, path):
    for command in ("validate", "verify", "show", "convert", "sign"):
        done = run(command, path, "--exact", env=PASSWORD)
        assert done.code == (1 if command == "validate" else 3), command
        assert "was found" not in done.err


@pytest.mark.parametrize("path", **named(REQUESTS))
def test_what_was_found_is_converted_signed_and_sent_bare(run, path, endpoint):
    converted = run("convert", path, "--to", "json", env=PASSWORD)
    assert (converted.code, json.loads(converted.out)["ApiCall"]["UserID"]["LineNumber"]) == (0, "123456789")
    signed = run("sign", path, env=PASSWORD)
    assert signed.code == 0
    assert signed.stdout.lstrip()[:1] in (b"<", b"{")
    verified = run("verify", "--exact", "-", stdin=signed.stdout, env=PASSWORD)
    assert (verified.code, verified.err) == (0, "")
    sink = endpoint(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    sent = run("send-event", "FIN", path, "--to", sink.url, env=PASSWORD)
    if sent.code == 2:  # what was found is a query, or another event
        sent = run("send-query", "ESTADO PEDIDO", path, "--to", sink.url, env=PASSWORD)
    assert sink.requests, sent.err
    body = sink.requests[0][1]
    assert body.startswith((b"apiInfocaller=%3C", b"apiInfocaller=%7B"))
    assert run("verify", "--exact", "-", stdin=body, env=PASSWORD).code == 0


def test_several_documents_are_named_by_number(run, tmp_path):
    log = (VECTORS / "nginx.log").read_bytes()
    (tmp_path / "access.log").write_bytes(b"GET / HTTP/1.1\n" + log + b"another line\n" + log)
    done = run("verify", "access.log", env=PASSWORD)
    assert [line.partition(":")[0] for line in done.out.splitlines()] == ["access.log#1", "access.log#2"]
    assert (done.code, done.err) == (0, "note: access.log:2: 2 documents were found under percent-encoding\n")
    assert run("convert", "access.log", env=PASSWORD).out.count("\n") == 2
    assert run("sign", "access.log", env=PASSWORD).code == 2
    assert run("send-event", "FIN", "access.log", "--to", "http://127.0.0.1:9/", env=PASSWORD).code == 2


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize(
    "around", [lambda one: one, lambda one: [one], lambda one: {"data": [one], "total": 1}], ids=["one", "list", "page"]
)
def test_an_export_of_an_inspection_site(run, signed, around, indent):
    """As webhook.site exports a request: its form raw, and parsed; its keys are those of a record too, without the body in base64."""
    one = {"uuid": "a", "method": "POST", "url": "https://h/1", "content": f"apiInfocaller={quote_plus(signed())}", "size": 9}
    one |= {"request": {"apiInfocaller": signed()}, "headers": {"content-type": ["application/x-www-form-urlencoded"]}}
    done = run("verify", "-", stdin=json.dumps(around(one), indent=indent), env=PASSWORD)
    assert [line.partition(":")[2][:7] for line in done.out.splitlines()] == [" valid:"] * 2
    assert (done.code, "2 documents were found under percent-encoding" in done.err) == (0, True)


def test_a_postman_collection(run, signed):
    bodies = [
        {"mode": "urlencoded", "urlencoded": [{"key": "apiInfocaller", "value": signed(), "type": "text"}]},
        {"mode": "raw", "raw": f"apiInfocaller={quote_plus(signed())}"},
    ]
    items = [{"name": "a", "request": {"method": "POST", "header": [], "body": body, "url": "http://h/"}} for body in bodies]
    done = run("verify", "-", stdin=json.dumps({"info": {"name": "c"}, "item": items}, indent="\t"), env=PASSWORD)
    assert (done.code, len(done.out.splitlines())) == (0, 2)
    assert "2 documents were found" in done.err
    assert "form variable" not in done.err


@pytest.mark.parametrize("dump", ["--dry-run", "--curl"])
@pytest.mark.parametrize("format", ["xml", "json"])
def test_our_own_output_is_read_again(run, tmp_path, dump, format):
    printed = run("send-event", "FIN", "--to", "http://h/x", dump, "--format", format, env=PASSWORD)
    done = run("verify", "-", stdin=printed.stdout, env=PASSWORD)
    assert (done.code, done.out.startswith("-: valid")) == (0, True)
    assert "found under percent-encoding" in done.err


def in_node(line):
    """A piece of a string as util.inspect prints it: in the quotes that it does not hold."""
    quote = next(quote for quote in "'\"`" if quote not in line)
    return quote + line.replace("\\", "\\\\").replace("\n", "\\n") + quote


def dumps(text):
    """What programs print of the variable."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return {
        "var_dump": f'array(1) {{\n  ["apiInfocaller"]=>\n  string({len(text)}) "{text}"\n}}\n',
        "var_export": f"array (\n  'apiInfocaller' => '{escaped}',\n)",
        "print_r": f"Array\n(\n    [apiInfocaller] => {text}\n)\n",
        "node": "{\n  apiInfocaller: " + " +\n    ".join(map(in_node, text.splitlines(keepends=True))) + "\n}\n",
        "python": repr({"apiInfocaller": text}),
    }


@pytest.mark.parametrize("program", sorted(dumps("")))
@pytest.mark.parametrize("format", ["xml", "json"])
def test_dumps_of_programs(run, program, format):
    text = run("sample", "fin", "--format", format, "--var", "NAME=it's", env=PASSWORD).out
    done = run("verify", "-", stdin=dumps(text)[program], env=PASSWORD)
    assert (done.code, done.out.startswith("-: valid")) == (0, True), done.err


def test_a_megabyte_of_anything_is_soon_done_with(run, tmp_path):
    """Quadratic work would take minutes, and the suite says so."""
    (tmp_path / "app.log").write_text(("2026-11-23 a line {with} <tags> %3C &lt; \\\\ [and] more\n" * 20_000)[: 1 << 20])
    done = run("verify", "app.log", env=PASSWORD)
    assert (done.code, done.out) == (3, "")


def test_an_answer_with_something_before_it_is_no_answer(run):
    """A PHP warning is what went wrong: nothing takes it off."""
    for text in (f"Warning: Undefined variable in /srv/app.php on line 3\n{ANSWER}", f"{ANSWER}\n<b>Notice</b>: x", f"<br />\n{ANSWER}"):
        done = run("validate", "-", stdin=text)
        assert (done.code, "IC001" in done.out) == (1, True), text
        assert "was found" not in done.err


MADE_WRONG = {
    "a text returned by FastAPI": (json.dumps(ANSWER), "a JSON string that holds a document: it was serialized twice"),
    "json.dumps of JSON text": (json.dumps(json.dumps({"ApiCall": {"Status": {"Result": "0"}}})), "it was serialized twice"),
    "with a line end behind": (json.dumps(ANSWER) + "\n", "it was serialized twice"),
    "a template that escapes": (html.escape(ANSWER), "its markup is escaped"),
    "both": (json.dumps(html.escape(ANSWER)), "it was serialized twice"),
}


@pytest.mark.parametrize("text", MADE_WRONG)
def test_an_answer_that_its_application_wrapped_is_no_answer(run, text):
    body, why = MADE_WRONG[text]
    for more in ((), ("--as", "response")):
        done = run("validate", "-", *more, stdin=body)
        assert (done.code, done.err) == (1, "")
        assert why in done.out


def test_an_answer_in_a_log_is_found(run):
    """What a program printed of it is its log, not the answer."""
    for text in (f"INFO:app:answered {json.dumps(ANSWER)}", repr(ANSWER.encode()).replace('"', '\\"'), f"x=1&body={quote_plus(ANSWER)}"):
        done = run("validate", "-", stdin=text)
        assert (done.code, "was found" in done.err) == (0, True), text


def test_a_value_that_a_server_would_see_cut_off_is_not_mended(run, tmp_path):
    document = "<ApiCall><UserID><LineNumber>1</LineNumber></UserID><CustVars>a&amp;b</CustVars></ApiCall>"
    done = run("verify", "-", stdin=f"apiInfocaller={document}", env=PASSWORD)
    assert done.code == 3
    assert "found" not in done.err


def test_replay_and_servers_do_not_search(run, tmp_path, endpoint):
    (tmp_path / "nginx.log").write_bytes((VECTORS / "nginx.log").read_bytes())
    done = run("replay", "nginx.log", "--to", "http://127.0.0.1:9/")
    assert done.code == 3


def test_a_server_refuses_another_form_variable_and_its_log_names_it(server, tmp_path):
    (tmp_path / "app.py").write_text("def answer(query): return {}\n")
    one = server("serve-query", "--handler", "app:answer")
    assert one.post((VECTORS / "wrongvar.form").read_bytes(), **{"Content-Type": "application/x-www-form-urlencoded"})[0] == 400
    assert "the form variable is data, not apiInfocaller" in one.wait_for("the form variable")
