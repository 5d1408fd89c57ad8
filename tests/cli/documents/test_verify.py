"""`infocaller verify`: line and call id are proven, or not; never more."""

import base64
import gzip
import hashlib
import json
from urllib.parse import quote_plus

import pytest

SIGNATURE = "ae73e4b16a280726fb2e0e6bfb43902a"  # of 123456789, 98565656 and 3956: the provider's page, and md5sum
PASSWORD = {"INFOCALLER_PASSWORD": "3956"}


def as_json(signature=SIGNATURE, line="123456789", call="98565656"):
    user = {"LineNumber": line, "CallSequence": call, "Signature": signature}
    return json.dumps({"ApiCall": {"UserID": user, "Infocaller": {"CallType": "R"}, "CustVars": {"CustVar": []}}})


def multipart(document):
    return f'--b1\r\nContent-Disposition: form-data; name="apiInfocaller"\r\n\r\n{document}\r\n--b1--\r\n'


def record(document):
    body = base64.b64encode(b"apiInfocaller=" + quote_plus(document).encode()).decode()
    return json.dumps({"ts": "2026-01-01T00:00:00Z", "method": "POST", "url": "http://localhost/", "header": {}, "body": body}) + "\n"


def test_the_signature_of_the_page(signed):
    assert SIGNATURE in signed()  # the documents of this file are signed as the page does it


def test_a_right_signature_says_what_it_proves(run, signed):
    done = run("verify", "-", stdin=signed(), env=PASSWORD)
    assert (done.code, done.err) == (0, "")
    assert done.out == "-: valid: the signature proves line and call id (line 123456789, call 98565656)\n"


def test_a_wrong_signature_is_a_no_without_the_right_one(run, signed):
    done = run("verify", "-", stdin=signed(signature="0" * 32), env=PASSWORD)
    assert done.code == 1
    # What to do next is said once, and not to a machine or to who wants quiet
    assert done.err == "note: --explain looks for the usual mistake behind a signature that does not match\n"
    assert run("-q", "verify", "-", stdin=signed(signature="0" * 32), env=PASSWORD).err == ""
    assert run("verify", "--json", "-", stdin=signed(signature="0" * 32), env=PASSWORD).err == ""
    assert done.out.startswith("-: not valid: ")
    assert SIGNATURE not in done.out
    assert len(done.out.splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lambda xml: xml, id="xml"),
        pytest.param(lambda _: as_json(), id="json"),
        pytest.param(lambda _: as_json(SIGNATURE.upper()), id="upper-case"),
        pytest.param(lambda xml: xml.replace(SIGNATURE, f"\n      {SIGNATURE.upper()}\u00a0"), id="blanks-around"),
        pytest.param(lambda xml: xml.replace("<LineNumber>123", "<LineNumber> 123<!-- x -->"), id="comment-in-the-line"),
        pytest.param(lambda xml: xml.replace("98565656", "<![CDATA[98565656]]>"), id="cdata-in-the-call"),
        pytest.param(lambda xml: "x=1&apiInfocaller=" + quote_plus(xml) + "&y=2\n", id="form-body"),
        pytest.param(multipart, id="multipart"),
        pytest.param(record, id="capture"),
        pytest.param(lambda xml: "\ufeff" + xml.replace("\n", "\r\n"), id="byte-order-mark-crlf"),
    ],
)
def test_every_envelope_and_notation(run, signed, text):
    assert run("verify", "-", stdin=text(signed()), env=PASSWORD).code == 0


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
def test_every_charset(run, signed, charset):
    assert run("verify", "-", stdin=signed().replace("Bilbao", "León").encode(charset), env=PASSWORD).code == 0


def test_what_the_file_is_shows_in_its_content_not_in_its_name(run, signed, tmp_path):
    (tmp_path / "a.json").write_text(signed())
    (tmp_path / "b.xml").write_text(as_json())
    (tmp_path / "c.txt").write_bytes(gzip.compress(record(signed()).encode()))
    assert run("verify", "a.json", "b.xml", "c.txt", env=PASSWORD).code == 0


def test_json_rows(run, signed, tmp_path):
    (tmp_path / "good.xml").write_text(signed())
    (tmp_path / "bad.json").write_text(as_json("0" * 32))
    (tmp_path / "calls.ndjson").write_text(record(signed()) + "\n" + record(signed(call="7")))
    done = run("verify", "--json", "good.xml", "bad.json", "calls.ndjson", env=PASSWORD)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [list(row) for row in rows] == [["file", "index", "kind", "format", "line", "call", "valid", "reason"]] * 4
    assert [(row["file"], row["index"], row["format"], row["valid"]) for row in rows] == [
        ("good.xml", None, "xml", True),
        ("bad.json", None, "json", False),
        ("calls.ndjson", 1, "xml", True),
        ("calls.ndjson", 3, "xml", True),
    ]
    assert (rows[0]["kind"], rows[0]["line"], rows[0]["call"], rows[3]["call"]) == ("event", "123456789", "98565656", "7")
    assert (done.code, done.err) == (1, "")


def test_an_unreadable_document_has_only_the_error_object(run, signed, tmp_path):
    (tmp_path / "good.xml").write_text(signed())
    (tmp_path / "torn.xml").write_text(signed()[:150])
    done = run("verify", "--json", "torn.xml", "good.xml", "missing.xml", env=PASSWORD)
    assert [json.loads(line)["file"] for line in done.out.splitlines()] == ["good.xml"]
    errors = [json.loads(line) for line in done.err.splitlines()]
    assert [(error["file"], error["exit"]) for error in errors] == [("torn.xml", 3), ("missing.xml", 3)]
    assert done.code == 3


@pytest.mark.parametrize("field", ["LineNumber", "CallSequence", "Signature"])
@pytest.mark.parametrize("how", ["absent", "empty", "twice"])
def test_an_incomplete_or_ambiguous_document_is_a_no(run, signed, field, how):
    text = signed()
    start = text.index(f"<{field}>")
    end = text.index(f"</{field}>") + len(f"</{field}>")
    element = {"absent": "", "empty": f"<{field}></{field}>", "twice": 2 * text[start:end]}[how]
    done = run("verify", "-", stdin=text[:start] + element + text[end:], env=PASSWORD)
    assert (done.code, done.err) == (1, "")
    assert field in done.out


def test_duplicate_json_keys_are_a_no(run):
    text = as_json().replace('"CallSequence"', '"LineNumber": "987654321", "CallSequence"')
    assert run("verify", "-", stdin=text, env=PASSWORD).code == 1


def test_a_response_carries_no_signature(run):
    text = '<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>OK</ResultText></Status><CustVars/></ApiCall>'
    done = run("verify", "-", stdin=text)  # and no password is asked for
    assert done.code == 1
    assert "a response carries no signature" in done.out


def test_line_and_call_sign_as_one_text(run, signed):
    """The provider's choice: "12" + "3" and "1" + "23" sign alike. Known, and said to the user; not to be hidden."""
    assert run("verify", "-", stdin=signed(line="12345678", call="998565656"), env=PASSWORD).code == 0


def test_the_password_of_each_documents_line(run, signed, tmp_path):
    (tmp_path / "a.xml").write_text(signed("1111", line="911111111"))
    (tmp_path / "b.xml").write_text(signed("2222", line="922222222"))
    (tmp_path / "c.xml").write_text(signed("3333", line="933333333"))
    (tmp_path / "infocaller.toml").write_text('[lines.911111111]\npassword = "1111"\n[lines.922222222]\npassword = "2222"\n')
    done = run("-q", "verify", "a.xml", "c.xml", "b.xml")
    assert [line[:12] for line in done.out.splitlines()] == ["a.xml: valid", "b.xml: valid"]
    assert "c.xml" in done.err
    assert "933333333" in done.err
    assert done.code == 2


def test_the_printed_documents_need_lenient(run, signed):
    text = signed().replace('encoding="ISO-8859-1">\n  <U', "encoding=“ISO-8859-1”>\n  <U")
    strict, lenient = (run("verify", "-", *more, stdin=text, env=PASSWORD) for more in ((), ("--lenient",)))
    assert strict.code == 3
    assert "--lenient" in strict.err
    assert lenient.code == 0
    assert "IC011" in lenient.err


def test_nothing_but_skipped_entries_is_no_document(run, tmp_path):
    """A HAR file may hold no document at all; that is unreadable input, and no crash."""
    (tmp_path / "page.har").write_text('{"log": {"version": "1.2", "entries": []}}')
    done = run("verify", "page.har", env=PASSWORD)
    assert done.code == 3
    assert "Traceback" not in done.err


@pytest.mark.parametrize("password", ["señal", "clé à 3"])
def test_the_text_is_signed_in_iso_8859_1(run, signed, password):
    right = hashlib.md5(f"12345678998565656{password}".encode("iso-8859-1")).hexdigest()
    wrong = hashlib.md5(f"12345678998565656{password}".encode()).hexdigest()
    environment = {"INFOCALLER_PASSWORD": password}
    assert run("verify", "-", stdin=signed(signature=right), env=environment).code == 0
    assert run("verify", "-", stdin=signed(signature=wrong), env=environment).code == 1


@pytest.mark.parametrize(("password", "said"), [("4711", 1), ("12345678", 1), ("123456789", 0), ("vier7", 0), ("3956", 0)])
def test_a_password_of_a_few_digits_is_named_once(run, signed, tmp_path, password, said):
    """But for the page's example, which is nobody's."""
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_text(signed(password))
    done = run("verify", "a.xml", "b.xml", env={"INFOCALLER_PASSWORD": password})
    assert done.code == 0
    assert done.err.count("whoever has one signature") == said
    assert password not in done.err
