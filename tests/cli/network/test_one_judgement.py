"""One answer, three judges: `send-query`, `validate` of a capture and `check_answer` of the test kit find the same."""

import gzip
import json
import zlib
from base64 import b64encode

import pytest

from infocaller_cli.testing.kit import Infocaller

KNOWN = {"INFOCALLER_PASSWORD": "3956"}
XML = (
    '<?xml version="1.0"?><ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText/></Status>'
    "<CustVars><CustVar><VarName>CITY</VarName><VarValue>A Coru\u00f1a</VarValue></CustVar></CustVars></ApiCall>"
)
LATIN1 = XML.replace('"1.0"', '"1.0" encoding="ISO-8859-1"').encode("iso-8859-1")
DECLARED = XML.encode()
# Content-Type, Content-Encoding, body -> codes of the findings; the warning about packing is send-query's, who knows what was asked for
ANSWERS = {
    "as it should be": ("text/xml", "", DECLARED, []),
    "a charset that fits": ("text/xml; charset=utf-8", "", DECLARED, []),
    "a charset that does not fit": ("text/xml; charset=iso-8859-1", "", DECLARED, ["IC006"]),
    "a charset nobody knows": ("text/xml; charset=latin-nine", "", DECLARED, ["IC006"]),
    "gzip": ("text/xml", "gzip", gzip.compress(DECLARED), []),
    "deflate": ("text/xml", "deflate", zlib.compress(DECLARED), []),
    "gzip and a charset that does not fit": ("text/xml; charset=utf-8", "gzip", gzip.compress(LATIN1), ["IC006"]),
    "a form": ("application/x-www-form-urlencoded", "", b"apiInfocaller=%3CApiCall%3E", ["IC001"]),
    "a form with a document's type": ("text/xml", "", b"apiInfocaller=" + DECLARED, ["IC001"]),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
def test_found_alike(run, endpoint, tmp_path, case):
    content_type, encoding, body, codes = ANSWERS[case]
    packed = f"Content-Encoding: {encoding}\r\n" if encoding else ""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n{packed}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    sink = endpoint(head.encode() + body)
    sent = json.loads(run("send-query", "Q", "--to", sink.url, "--json", env=KNOWN).stdout)
    warned = [finding for finding in sent["findings"] if "Content-Encoding" in finding["message"]]
    assert [finding["level"] for finding in warned] == ["warning"] * bool(encoding)
    found = [finding for finding in sent["findings"] if finding not in warned]
    assert [finding["code"] for finding in found] == codes
    header = {"Content-Type": [content_type]} | ({"content-encoding": [encoding]} if encoding else {})
    response = {"status": 200, "header": header, "body": b64encode(body).decode()}
    row = {
        "header": {"Content-Type": ["application/x-www-form-urlencoded"]},
        "body": b64encode(sink.requests[0][1]).decode(),
        "resp": response,
    }
    (tmp_path / "one.ndjson").write_text(json.dumps(row) + "\n")
    judged = [json.loads(line) for line in run("validate", "one.ndjson", "--json", env=KNOWN).stdout.splitlines()]
    answer = next(row for row in judged if row["part"] == "response")
    assert [finding["code"] for finding in answer["findings"]] == codes
    assert answer["valid"] == sent["valid"] == (codes in ([], ["IC006"]))
    infocaller = Infocaller("3956")
    if sent["valid"] and not encoding:
        assert [finding.code for finding in infocaller.check_answer(infocaller.query("Q"), body, content_type).findings] == codes
    if sent["valid"]:
        assert sent["variables"] == {"CITY": "A Coru\u00f1a"}


@pytest.mark.parametrize(
    ("body", "why"),
    [(b"\x1f\x8b\x08\0\0", "cut off"), (gzip.compress(b"\0" * (1 << 25)), "over 16,777,216 bytes")],
    ids=["cut off", "a bomb"],
)
def test_what_cannot_be_unpacked_is_no_answer(run, endpoint, body, why):
    sink = endpoint(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
    done = run("send-query", "Q", "--to", sink.url, env=KNOWN)
    assert done.code == 4
    assert why in done.err
