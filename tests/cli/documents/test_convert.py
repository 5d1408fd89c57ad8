"""`infocaller convert` on single documents: the other format, nothing dropped, nothing overwritten in part."""

import json
import os
import stat
from urllib.parse import quote_plus
from xml.etree import ElementTree

import pytest

NAMESPACE = "{http://tempuri.org/}"
RESPONSE = '<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>%s</ResultText></Status><CustVars/></ApiCall>'


def as_json(text="OK", **infocaller):
    call = {"CallType": "R", "CallerNumber": "X"} | infocaller
    variables = [{"VarName": "NAME", "VarValue": text}]
    return json.dumps({"ApiCall": {"UserID": {}, "Infocaller": call, "CustVars": {"CustVar": variables}}})


def texts(xml):
    """Element name -> text, of a document in XML."""
    root = ElementTree.fromstring(xml)
    assert root.tag == f"{NAMESPACE}ApiCall"
    return {element.tag.removeprefix(NAMESPACE): element.text or "" for element in root.iter() if not len(element)}


def test_xml_becomes_indented_json(run, signed):
    done = run("convert", "-", stdin=signed())
    assert (done.code, done.err) == (0, "")
    expected = {
        "UserID": {"LineNumber": "123456789", "CallSequence": "98565656", "Signature": "ae73e4b16a280726fb2e0e6bfb43902a"},
        "Infocaller": {"CallType": "R", "CallerNumber": "600000001"},
        "CustVars": {"CustVar": [{"VarName": "CITY", "VarValue": "Bilbao"}]},
    }
    assert json.loads(done.out) == {"ApiCall": expected}
    assert done.out == json.dumps({"ApiCall": expected}, indent=2) + "\n"


def test_json_becomes_indented_xml(run):
    done = run("convert", "-", stdin=as_json())
    assert done.code == 0
    assert done.out.startswith(
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<ApiCall xmlns="http://tempuri.org/" encoding="ISO-8859-1">\n  '
    )
    assert texts(done.stdout) == {"UserID": "", "CallType": "R", "CallerNumber": "X", "VarName": "NAME", "VarValue": "OK"}


@pytest.mark.parametrize("format", ["xml", "json", "JSON"])
def test_the_format_may_stay(run, signed, format):
    xml = run("convert", "--to", format, "-", stdin=signed())
    assert xml.code == 0
    assert xml.out.startswith("<?xml" if format == "xml" else "{")


@pytest.mark.parametrize("source", ["xml", "json"])
def test_compact_is_one_line(run, signed, source):
    done = run("convert", "--compact", "-", stdin=signed() if source == "xml" else as_json())
    assert done.code == 0
    assert done.out.count("\n") == 1
    assert ": " not in done.out


def test_there_and_back_is_the_same_document(run, signed):
    there = run("convert", "-", stdin=signed())
    back = run("convert", "-", stdin=there.stdout)
    assert texts(back.stdout) == texts(signed().encode())


def test_absent_empty_and_present_stay_three_things(run, signed):
    xml = signed(user="<LineNumberInt></LineNumberInt>")
    user = json.loads(run("convert", "-", stdin=xml).out)["ApiCall"]["UserID"]
    assert user["LineNumberInt"] == ""
    call = json.loads(run("convert", "-", stdin=xml).out)["ApiCall"]["Infocaller"]
    assert "CallerNumberInt" not in call


@pytest.mark.parametrize(
    ("xml", "written"),
    [
        ("0.12", "0.120000"),
        ("1.2345678", "1.2345678"),
        ("12345678901234567890.1", "12345678901234567890.100000"),
        ("", "null"),
        ("0,5", '"0,5"'),
    ],
)
def test_costs_keep_every_digit(run, signed, xml, written):
    done = run("convert", "--compact", "-", stdin=signed(call_fields=f"<CostRX>{xml}</CostRX>"))
    assert done.code == 0
    assert f'"CostRX":{written}}}' in done.out
    back = run("convert", "-", stdin=done.stdout)
    assert texts(back.stdout)["CostRX"] == written.strip('"').replace("null", "")


def test_a_number_becomes_a_string_with_a_notice(run):
    source = '{"ApiCall":{"Status":{"Result":0,"ResultText":"OK"},"CustVars":{"CustVar":[]}}}'
    done = run("convert", "--to", "json", "-", stdin=source)
    assert json.loads(done.out)["ApiCall"]["Status"]["Result"] == "0"
    assert "IC009" in done.err


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        (None, b"caf&#233;"),
        ("ascii", b"caf&#233;"),
        ("iso-8859-1", b"caf\xe9"),
        ("utf-8", b"caf\xc3\xa9"),
        ("UTF-8", b"caf\xc3\xa9"),
    ],
)
def test_encodings_of_xml(run, encoding, expected):
    done = run("convert", *(("--encoding", encoding) if encoding else ()), "-", stdin=as_json("café"))
    assert done.code == 0
    assert expected in done.stdout
    label = b"UTF-8" if encoding and encoding.lower() == "utf-8" else b"ISO-8859-1"
    assert done.stdout.count(b'encoding="' + label + b'"') == 2
    assert texts(done.stdout)["VarValue"] == "café"


def test_latin1_bytes_that_would_be_utf8_become_references(run):
    done = run("convert", "--encoding", "iso-8859-1", "-", stdin=as_json("Ã±"))
    assert b"&#195;&#177;" in done.stdout
    assert b"\xc3\xb1" not in done.stdout


def test_encodings_of_json(run):
    assert '"café"'.encode() in run("convert", "-", stdin=RESPONSE % "café").stdout
    escaped = run("convert", "--encoding", "ascii", "-", stdin=RESPONSE % "café €")
    assert b"caf\\u00e9 \\u20ac" in escaped.stdout
    assert run("convert", "--encoding", "iso-8859-1", "-", stdin=RESPONSE % "x").code == 2


def test_markup_is_written_as_entities(run):
    done = run("convert", "-", stdin=as_json("""<a> & 'b' "c" [/d]\r\n"""))
    assert "&lt;a&gt; &amp; &apos;b&apos; &quot;c&quot; [/d]&#13;&#10;" in done.out
    assert texts(done.stdout)["VarValue"] == """<a> & 'b' "c" [/d]\r\n"""


def test_a_flat_unknown_field_is_carried_across(run):
    done = run("convert", "-", stdin=as_json(CallerName="Ana"))
    assert (done.code, texts(done.stdout)["CallerName"]) == (0, "Ana")
    assert "IC004" in done.err


@pytest.mark.parametrize(
    ("source", "named"),
    [
        pytest.param(as_json(Extra={"A": "1"}), "Extra", id="nested-unknown"),
        pytest.param('{"ApiCall":{"UserID":{},"Infocaller":{"CallType":"R","CallType":"E"}}}', "CallType", id="duplicate-key"),
        pytest.param(RESPONSE.replace("<ResultText>", "<Result>1</Result><ResultText>"), "Result", id="duplicate-element"),
        pytest.param(as_json("a\u0001b"), "U+0001", id="forbidden-in-xml"),
        pytest.param(as_json(**{"Two words": "1"}), "Two words", id="no-element-name"),
        pytest.param("", "empty", id="empty"),
        pytest.param("<html><body>Error</body></html>", "HTML", id="html"),
        pytest.param("<ApiCall><UserID></ApiCall>", "IC001", id="not-well-formed"),
    ],
)
def test_what_cannot_be_written_is_refused_in_words(run, source, named):
    done = run("convert", "-", stdin=source)
    assert (done.code, done.out) == (3, "")
    assert named in done.err
    assert 1 <= len([line for line in done.err.splitlines() if not line.startswith("note")]) <= 3
    assert "Traceback" not in done.err


def test_lenient_reports_each_repair(run):
    slip = '{"ApiCall": {"Status": {"Result": "0", "ResultText": "OK",}, "CustVars": {"CustVar": [],}}'
    strict = run("convert", "-", stdin=slip)
    assert strict.code == 3
    assert "--lenient" in strict.err
    done = run("convert", "--lenient", "-", stdin=slip)
    assert (done.code, texts(done.stdout)) == (0, {"Result": "0", "ResultText": "OK", "CustVars": ""})
    assert done.err.count("IC011") == 2
    assert run("-q", "convert", "--lenient", "-", stdin=slip).err == ""


def test_a_form_body_is_read(run, signed):
    done = run("convert", "-", stdin="a=1&apiInfocaller=" + quote_plus(signed().replace("Bilbao", "Ñ"), encoding="iso-8859-1"))
    assert json.loads(done.out)["ApiCall"]["CustVars"]["CustVar"][0]["VarValue"] == "Ñ"


# ---- where it goes ----


def test_out_is_written_whole(run, signed, tmp_path):
    out = tmp_path / "out.json"
    done = run("convert", "-", "--out", "out.json", stdin=signed())
    assert (done.code, done.out, done.err) == (0, "", "")
    assert json.loads(out.read_text())["ApiCall"]["UserID"]["LineNumber"] == "123456789"
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(out.stat().st_mode) == 0o666 & ~umask


def test_a_failed_conversion_leaves_out_as_it_was(run, tmp_path):
    out = tmp_path / "out.json"
    out.write_text("precious")
    assert run("convert", "-", "-o", "out.json", stdin="<ApiCall>").code == 3
    assert out.read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_out_keeps_its_mode_and_its_link(run, signed, tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "real.json").chmod(0o640)
    (tmp_path / "link.json").symlink_to("real.json")
    assert run("convert", "-", "-o", "link.json", stdin=signed()).code == 0
    assert (tmp_path / "link.json").is_symlink()
    assert stat.S_IMODE((tmp_path / "real.json").stat().st_mode) == 0o640
    assert (tmp_path / "real.json").read_text().startswith("{")


@pytest.mark.parametrize("out", ["nowhere/out.json", "."])
def test_an_out_that_cannot_be_written_is_wrong_usage(run, signed, out):
    done = run("convert", "-", "-o", out, stdin=signed())
    assert (done.code, done.out) == (2, "")
    assert "cannot be written" in done.err


def test_out_may_not_be_the_file_itself(run, signed, tmp_path):
    (tmp_path / "a.xml").write_text(signed())
    (tmp_path / "b.xml").symlink_to("a.xml")
    assert run("convert", "a.xml", "-o", "b.xml").code == 2
    assert (tmp_path / "a.xml").read_text() == signed()


def test_a_full_disk_is_an_error_without_a_traceback(run, signed):
    if not os.path.exists("/dev/full"):
        pytest.skip("needs a device that is always full")
    with open("/dev/full", "wb") as full:
        done = run("convert", "-", stdin=signed(), stdout=full)
    assert done.code in (2, 3)
    assert "cannot be written" in done.err
    assert "Traceback" not in done.err


# ---- several files ----


def test_several_files_come_out_one_a_line(run, signed, tmp_path):
    (tmp_path / "a.xml").write_text(signed())
    (tmp_path / "b.xml").write_text(RESPONSE % "OK")
    done = run("convert", "a.xml", "b.xml")
    first, second = (json.loads(line)["ApiCall"] for line in done.out.splitlines())
    assert (done.code, first["UserID"]["CallSequence"], second["Status"]["ResultText"]) == (0, "98565656", "OK")


def test_one_bad_file_hides_no_other(run, signed, tmp_path):
    (tmp_path / "a.xml").write_text(signed(call="1"))
    (tmp_path / "bad.xml").write_text("<ApiCall>")
    (tmp_path / "z.xml").write_text(signed(call="2"))
    done = run("convert", "a.xml", "missing.xml", "bad.xml", ".", "z.xml")
    assert done.code == 3
    assert [json.loads(line)["ApiCall"]["UserID"]["CallSequence"] for line in done.out.splitlines()] == ["1", "2"]
    assert [line.split(":")[1].strip() for line in done.err.splitlines() if line.startswith("error")] == ["missing.xml", "bad.xml", "."]


@pytest.mark.parametrize(
    "arguments",
    [
        ("-o", "x", "--check"),
        ("--output-dir", "d", "-o", "x"),
        ("--output-dir", "d", "--check"),
        ("--force",),
        ("--jobs", "0"),
        ("--jobs", "two"),
        ("--to", "yaml"),
        ("--encoding", "utf-16"),
        ("--to", "json", "--encoding", "iso-8859-1"),
        ("--indent", "-"),
        ("--max-size", "0"),
        ("--max-size", "big"),
        ("--json",),
    ],
)
def test_wrong_usage(run, signed, arguments, tmp_path):
    done = run("convert", "-", *arguments, stdin=signed())
    assert (done.code, done.out) == (2, "")
    assert 1 <= len(done.err.splitlines()) <= 3
    assert list(tmp_path.iterdir()) == []
