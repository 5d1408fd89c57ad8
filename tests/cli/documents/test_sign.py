"""`infocaller sign`: only the signature's characters change, whatever the document and its envelope look like."""

import hashlib
import json
import os
import re
from pathlib import Path
from urllib.parse import quote_plus

import pytest

RIGHT = "ae73e4b16a280726fb2e0e6bfb43902a"  # of 123456789, 98565656 and 3956: the provider's page, and md5sum
WRONG = "0123456789ABCDEF0123456789abcdef"
PASSWORD = {"INFOCALLER_PASSWORD": "3956"}


def sign(run, document, *more):
    done = run("sign", "-", *more, stdin=document, env=PASSWORD)
    assert (done.code, done.err) == (0, "")
    return done.stdout


def signature_replaced(document, charset="ascii"):
    wrong, right = (text.encode(charset) for text in (WRONG, RIGHT))
    assert document.count(wrong) == 1
    return document.replace(wrong, right)


@pytest.fixture
def xml(signed):
    return signed(signature=WRONG)


_USER = f'{{"LineNumber": "123456789",\t"CallSequence": "98565656" , "Signature": "{WRONG}"}}'
JSON = f'{{"ApiCall": {{"UserID": {_USER},\r\n "CustVars": []}}}}\n\n'


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text, id="as-it-is"),
        pytest.param(lambda text: text.rstrip("\n"), id="no-newline-at-the-end"),
        pytest.param(lambda text: text + "\n \n", id="newlines-at-the-end"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="crlf"),
        pytest.param(lambda text: text.replace(WRONG, f"\n\t{WRONG} "), id="blanks-around"),
        pytest.param(lambda text: text.replace("<Signature>", "<Signature  a='>' >"), id="odd-tag"),
        pytest.param(lambda text: text.replace(WRONG, f"\n<![CDATA[ {WRONG}]]> "), id="cdata"),
        pytest.param(lambda text: text.replace("<UserID>", "<!-- <Signature>no</Signature> --><UserID>"), id="comment-with-a-signature"),
        pytest.param(lambda text: text.replace("Bilbao", "&lt;Signature&gt;&#xD1;<![CDATA[<Signature>]]>"), id="escapes-and-cdata"),
        pytest.param(lambda text: re.sub(r"\s*\n\s*", "", text), id="one-line"),
        pytest.param(lambda text: text.replace("xmlns=", "xmlns:t=").replace("</", "</t:").replace("t:?", "?"), id="prefix"),
        pytest.param(lambda _: JSON, id="json"),
        pytest.param(lambda _: JSON.replace("Signature", "\\u0053ignature"), id="json-escaped-key"),
    ],
)
def test_every_other_byte_stays(run, xml, change):
    text = change(xml)
    if "xmlns:t" in text:
        text = re.sub(r"<(?=[A-Z])", "<t:", text)
    assert sign(run, text) == signature_replaced(text.encode())


@pytest.mark.parametrize(
    ("charset", "bom"),
    [
        ("utf-8", ""),
        ("utf-8", "\ufeff"),
        ("iso-8859-1", ""),
        ("utf-16-le", "\ufeff"),
        ("utf-16-be", "\ufeff"),
        ("utf-16-le", ""),
        ("utf-16-be", ""),
    ],
)
def test_every_charset_stays(run, xml, charset, bom):
    document = (bom + xml.replace("<UserID>", "<!-- año --><UserID>").replace("Bilbao", "León ñ")).encode(charset)
    assert sign(run, document) == signature_replaced(document, charset)


def test_a_variable_that_holds_the_same_text_stays(run, xml):
    signed_text = sign(run, xml.replace("Bilbao", WRONG)).decode()
    assert f"<Signature>{RIGHT}</Signature>" in signed_text
    assert f"<VarValue>{WRONG}</VarValue>" in signed_text


def odd_escapes(text):
    """Escapes in lower case, some that were not needed, blanks as plus signs, and markup left as it is."""
    text = quote_plus(text.replace("Bilbao", "Le\xf3n"), safe="<>/", encoding="iso-8859-1")
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), text).replace("ApiCall", "%41pi%43all")


@pytest.mark.parametrize("before", ["", "a=1&", "&&b&apiInfocalle=%3cx&"])
@pytest.mark.parametrize("after", ["", "&z=%e9", "\r\n"])
def test_a_form_body_comes_out_as_one_with_its_own_escapes(run, xml, before, after):
    body = f"{before}apiInfocaller={odd_escapes(xml)}{after}".encode()
    assert sign(run, body) == signature_replaced(body)


def test_a_form_body_with_an_escaped_signature(run, xml):
    escaped = "".join(f"%{ord(character):02x}" for character in WRONG)
    body = "apiInfocaller=" + quote_plus(xml).replace(WRONG, escaped)
    assert sign(run, body) == body.replace(escaped, RIGHT).encode()


@pytest.mark.parametrize("safe", ["", '"{}: ,'])
def test_a_form_body_with_json_keeps_its_quotes(run, safe):
    body = "apiInfocaller=" + quote_plus(JSON.strip(), safe=safe)
    assert sign(run, body) == signature_replaced(body.encode())


def test_a_form_body_with_stray_percent_signs(run, xml):
    """Before the signature and behind it: what is no escape counts as the characters it is."""
    body = quote_plus(xml).replace("Bilbao", "100%+%zz%4").replace("%3CUserID%3E", "%3C!--+100%+%zz%4+--%3E%3CUserID%3E")
    body = b"apiInfocaller=" + body.encode()
    assert sign(run, body) == signature_replaced(body)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_multipart(run, xml, line_end):
    lines = ["--x-1", 'Content-Disposition: form-data; name="other"', "", WRONG.swapcase(), "--x-1"]
    lines += ['content-disposition: form-data; name="apiInfocaller"', "Content-Type: text/xml", "", xml, "--x-1--", ""]
    body = line_end.join(lines).encode()
    assert sign(run, body) == signature_replaced(body)


# ---- a signature that is not there yet ----


def test_an_empty_element_is_filled(run, xml):
    full = f"<Signature>{WRONG}</Signature>"
    for empty in ("<Signature/>", "<Signature />", "<Signature></Signature>"):
        assert sign(run, xml.replace(full, empty)) == signature_replaced(xml.encode())
    assert sign(run, xml.replace(full, "<Signature>  </Signature>")).decode().replace(" ", "") == xml.replace(WRONG, RIGHT).replace(" ", "")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_an_absent_element_is_added_in_its_place_and_layout(run, xml, line_end):
    xml = xml.replace("\n", line_end)
    assert sign(run, xml.replace(f"{line_end}    <Signature>{WRONG}</Signature>", "")) == signature_replaced(xml.encode())


def test_an_absent_element_takes_the_prefix_of_its_neighbour(run):
    text = (
        '<t:ApiCall xmlns:t="http://tempuri.org/"><t:UserID><t:LineNumber>123456789</t:LineNumber>'
        "<t:CallSequence>98565656</t:CallSequence></t:UserID></t:ApiCall>"
    )
    assert sign(run, text).decode() == text.replace("</t:UserID>", f"<t:Signature>{RIGHT}</t:Signature></t:UserID>")


@pytest.mark.parametrize("style", [{"indent": 2}, {"indent": "\t"}, {"separators": (",", ":")}, {}])
@pytest.mark.parametrize("given", [None, "", WRONG])
def test_json_written_as_others_write_it(run, style, given):
    """Pretty, compact or with blanks: an absent key looks like its neighbours, null and "" are replaced."""
    after = {"Signature": RIGHT}
    document = {"ApiCall": {"UserID": {"LineNumber": "123456789", "CallSequence": "98565656"}, "CustVars": {"CustVar": []}}}
    absent = json.dumps(document, **style)
    document["ApiCall"]["UserID"] |= {"Signature": given}
    present = json.dumps(document, **style)
    document["ApiCall"]["UserID"] |= after
    expected = json.dumps(document, **style).encode()
    assert sign(run, present) == expected
    if given is None:
        assert sign(run, absent) == expected


def test_what_was_signed_verifies(run, xml, tmp_path):
    for number, text in enumerate((xml, JSON, f"apiInfocaller={odd_escapes(xml)}")):
        (tmp_path / f"{number}").write_bytes(sign(run, text))
    assert run("verify", "0", "1", "2", env=PASSWORD).code == 0


def test_a_repaired_document_is_written_repaired(run, xml):
    broken = xml.replace('encoding="ISO-8859-1">\n  <U', "encoding=“ISO-8859-1”>\n  <U")
    done = run("sign", "-", "--lenient", stdin=broken, env=PASSWORD)
    assert done.code == 0
    assert done.stdout == signature_replaced(xml.encode())
    assert "IC011" in done.err


# ---- the signature alone ----


def test_line_and_call_print_the_signature_alone(run):
    done = run("sign", "--line", "123456789", "--call", "98565656", env=PASSWORD)
    assert (done.code, done.stdout, done.err) == (0, f"{RIGHT}\n".encode(), "")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--line", "1"),
        ("--call", "1"),
        ("-", "--line", "1", "--call", "2"),
        ("--line", "x", "--call", "2"),
        ("--line", "1", "--call", "²"),
    ],
)
def test_neither_or_both_or_no_digits_is_wrong_usage(run, arguments):
    done = run("sign", *arguments, env=PASSWORD)
    assert (done.code, done.stdout) == (2, b"")
    assert 1 <= len(done.err.splitlines()) <= 3


# ---- what cannot be signed ----

RESPONSE = '{"ApiCall": {"Status": {"Result": "0", "ResultText": ""}, "CustVars": {"CustVar": []}}}'
CAPTURE = '{"method": "POST", "url": "http://localhost/", "body": "PGE+"}\n'


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        pytest.param(lambda _: RESPONSE, 1, "a response carries no signature", id="response"),
        pytest.param(lambda xml: xml.replace("98565656", ""), 1, "CallSequence is missing", id="no-call"),
        pytest.param(lambda xml: xml.replace("<UserID>", "<UserID><Signature>1</Signature>"), 1, "stands twice", id="signature-twice"),
        pytest.param(lambda _: CAPTURE, 2, "capture", id="capture"),
        pytest.param(lambda xml: 2 * (re.sub(r"\n\s*", "", xml) + "\n"), 2, "several", id="several-lines"),
        pytest.param(lambda xml: xml[:200], 3, "not well formed", id="torn"),
        pytest.param(lambda xml: f"apiInfocaller={quote_plus(xml)}&apiInfocaller=", 3, "twice", id="variable-twice"),
    ],
)
def test_a_refusal_writes_nothing_and_leaves_out_alone(run, xml, tmp_path, text, code, reason):
    (tmp_path / "out").write_bytes(b"precious")
    (tmp_path / "in").write_text(text(xml))
    done = run("sign", "in", "-o", "out", env=PASSWORD)
    assert (done.code, done.stdout) == (code, b"")
    assert reason in done.err
    assert 1 <= len(done.err.splitlines()) <= 3
    assert (tmp_path / "out").read_bytes() == b"precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


# ---- OUT ----


def test_out_is_replaced_whole_and_keeps_its_mode_and_its_link(run, xml, tmp_path):
    out, link = tmp_path / "out.xml", tmp_path / "link"
    out.write_bytes(b"old")
    out.chmod(0o640)
    link.symlink_to("out.xml")
    with out.open("rb") as old:  # a reader that was there before sees the old file to its end
        assert sign(run, xml, "--out", "link") == b""
        assert old.read() == b"old"
    assert link.is_symlink()
    assert out.read_bytes() == signature_replaced(xml.encode())
    assert out.stat().st_mode & 0o777 == 0o640
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_can_be_signed_in_place(run, xml, tmp_path):
    (tmp_path / "in.xml").write_text(xml)
    assert run("sign", "in.xml", "-o", "in.xml", env=PASSWORD).code == 0
    assert (tmp_path / "in.xml").read_bytes() == signature_replaced(xml.encode())


def test_a_full_disk_leaves_out_as_it_was(run, xml, tmp_path):
    pytest.importorskip("resource")
    (tmp_path / "out").write_bytes(b"precious")
    script = (
        "import resource, sys, infocaller_cli.cli.main, infocaller_cli.cli.documents.sign\n"
        "import infocaller_cli.codec.xml_wire, infocaller_cli.codec.edit\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\nsys.exit(infocaller_cli.cli.main.main(sys.argv[1:]))"
    )
    done = run("sign", "-", "-o", "out", stdin=xml, code=script, env=PASSWORD | {"PYTHONDONTWRITEBYTECODE": "1"})
    assert done.code not in (0, 70)
    assert "out" in done.err
    assert (tmp_path / "out").read_bytes() == b"precious"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("out", [".", "no/such/folder/out", "/dev/full"])
def test_an_out_that_cannot_be_written(run, xml, out):
    if out == "/dev/full" and not os.path.exists(out):
        pytest.skip("this system has none")
    done = run("sign", "-", "-o", out, stdin=xml, env=PASSWORD)
    assert done.code == 2
    assert 1 <= len(done.err.splitlines()) <= 3
    assert out in done.err


def test_out_may_be_a_device_or_standard_output(run, xml):
    assert sign(run, xml, "-o", "-") == signature_replaced(xml.encode())
    assert sign(run, xml, "-o", os.devnull) == b""


def test_numbers_are_text(run):
    """Leading zeros are signed too."""
    done = run("sign", "--line", "0012", "--call", "007", env={"INFOCALLER_PASSWORD": "0001"})
    assert done.out.strip() == hashlib.md5(b"00120070001").hexdigest()


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "vectors" / "unsignable").iterdir()), ids=lambda path: path.name)
def test_what_would_read_otherwise_once_signed_is_not_signed(run, tmp_path, path):
    """The old signature alone holds bytes that are no UTF-8: without it the whole document is decoded otherwise."""
    (tmp_path / "out").write_bytes(b"precious")
    (tmp_path / "in").write_bytes(path.read_bytes())
    done = run("sign", "in", "-o", "out", env=PASSWORD)
    assert (done.code, done.stdout, (tmp_path / "out").read_bytes()) == (3, b"", b"precious")
    assert "in: not signed" in done.err
    assert "Traceback" not in done.err
    assert run("sign", "in", env=PASSWORD).stdout == b""
