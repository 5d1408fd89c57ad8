"""What `send-query` says of a value that comes back other than it was sent: bytes made by encoding and decoding the wrong way."""

import pytest

from infocaller_cli.codec import decode, encode
from infocaller_cli.codec.model import Document
from infocaller_cli.traffic.send.judgement import judge

SENT = "A Coru\u00f1a 50%"
CAUSES = {
    SENT.encode("utf-8").decode("iso-8859-1"): "its UTF-8 bytes were read as ISO-8859-1",
    SENT.encode("iso-8859-1").decode("utf-8", "replace"): "its ISO-8859-1 bytes were read as UTF-8",
    "A%20Coru%F1a%2050%25": "it is still percent-encoded",
    "A%20Coru%C3%B1a%2050%25": "it is still percent-encoded",
    "Hello A%20Coru%F1a%2050%25!": "it is still percent-encoded",
    SENT: "",
    "A Coru": "",
    "another \u00f1": "",
}


def document(value, sections):
    variables = {"CustVar": [{"VarName": "CITY", "VarValue": value}]}
    return Document({**sections, "CustVars": variables})


@pytest.mark.parametrize("format", ["xml", "json"])
@pytest.mark.parametrize("came", CAUSES)
def test_the_cause_of_a_damaged_value(came, format):
    query = decode(encode(document(SENT, {"Infocaller": {"QueryName": "Q"}}), format))
    body = encode(document(came, {"Status": {"Result": "0", "ResultText": ""}}), format)
    findings = [finding for finding in judge(200, f"text/{format}", body, query).findings if "that was sent" in finding.message]
    assert [(finding.code, finding.path) for finding in findings] == [
        (
            "IC405" if "percent" in CAUSES[came] else "IC402",
            "ApiCall/CustVars/CustVar[1]/VarValue" if format == "xml" else "/ApiCall/CustVars/CustVar/0/VarValue",
        )
    ] * bool(CAUSES[came])
    assert all(CAUSES[came] in finding.message for finding in findings)
    assert len([finding for finding in judge(200, f"text/{format}", body, query).findings if finding.code in ("IC402", "IC405")]) <= 1
