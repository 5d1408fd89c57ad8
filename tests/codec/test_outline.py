"""What a document is, told without reading it: the same that reading tells, or nothing."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infocaller_cli.codec import decode
from infocaller_cli.codec.outline import outline
from infocaller_cli.codec.spec import APICALL, NAMESPACE, Section, Value
from infocaller_cli.errors import DecodeError

VECTORS = [path for path in (Path(__file__).parents[1] / "vectors").rglob("*") if path.is_file()]
USER = {"LineNumber": "123456789", "CallSequence": "98565656", "Signature": "x"}
CALL = {"CallType": "R", "CallerNumber": "X", "CallSeconds": "0", "CostRX": 0.12}
ACTION = {"EventType": "14", "EventName": 'a "b" \\ ñ/'}


def json_of(infocaller=CALL, **sections):
    return json.dumps({"ApiCall": {"UserID": USER, "Infocaller": infocaller, **sections}}, indent=1).encode()


def xml_of(inside):
    return f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<ApiCall xmlns="{NAMESPACE}">\n{inside}</ApiCall>'.encode("iso-8859-1")


XML = (
    "<UserID>\n <LineNumber>123456789</LineNumber> <CallSequence>98565656</CallSequence></UserID>"
    "<Infocaller><CallType>R</CallType><CallSeconds>0</CallSeconds></Infocaller>"
)


def told(data):
    """Whether an outline tells of it, and tells the truth."""
    brief = outline(data)
    if brief is None:
        return False
    decoded = decode(data)  # and this does not fail
    document = decoded.document
    assert brief == (document.kind, document.line, document.call, decoded.format)
    return True


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (xml_of(XML), "event"),
        (xml_of(XML.replace("<CallSeconds>0", "<QueryName>a &amp; ñ</QueryName><CallSeconds>0")), "query"),
        (xml_of(XML.replace("<CallSeconds>0", "<CallSeconds>01")), "fin"),
        (xml_of(XML.replace("</CallSeconds>", "</CallSeconds><EndDate>2026-11-02T08:00:00</EndDate>")), "fin"),
        (xml_of(XML + "<Status><Events><Event></Event></Events></Status>"), "fin"),
        (xml_of(XML + "<Status><Events></Events></Status><CustVars></CustVars>"), "event"),
        (xml_of(XML + "<Status><Result>0</Result></Status>"), "response"),
        (json_of(), "event"),
        (json_of({"QueryName": " ESTADO \u20ac", "CallSeconds": "7"}), "query"),
        (json_of({"CallSeconds": "007"}), "fin"),
        (json_of({"EndDate": "2026"}), "fin"),
        (json_of(Status={"Events": {"Event": [ACTION, {}]}}), "fin"),
        (json_of(Status={"Events": {"Event": []}}, CustVars={"CustVar": [{"VarName": "A", "VarValue": "\n"}, {}]}), "event"),
        (json_of(Status={"Events": {"Event": []}, "Result": "0"}), "response"),
    ],
)
def test_kind_line_and_call(data, kind):
    assert told(data)
    assert outline(data)[:3] == (kind, "123456789", "98565656")


@pytest.mark.parametrize("data", [b'{"ApiCall":{}}', b' {"ApiCall" : { "CustVars":{}}}\n', xml_of(""), xml_of("<CustVars></CustVars>")])
def test_what_is_of_no_call_is_a_response(data):
    assert told(data)
    assert outline(data)[:3] == ("response", None, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<",
        b"<\0x",
        b"{\0",
        b"\xef\xbb\xbf{}",
        xml_of(XML.replace("<CallType>R</CallType>", "<CallType/>")),
        xml_of(XML.replace(">123456789<", ">123456789 <")),
        xml_of(XML.replace(">123456789<", ">1&amp;<")),
        xml_of(XML).replace(b"<CallSeconds>", b"<QueryName>\xef\xbf\xbe</QueryName><CallSeconds>"),
        xml_of(XML + XML),
        xml_of(XML)[:-1],
        xml_of("<Infocaller></Infocaller><UserID></UserID>"),
        json_of()[:-1],
        json_of({"CallSeconds": 7}),
        json_of({"EndDate": None}),
        json_of({"CallType": "R", "Other": "1"}),
        json_of().replace(b'"CostRX": 0.12', b'"CostRX": 0.12,'),
        json_of().replace(b'"CostRX": 0.12', b'"CostRX": 00.12'),
        json_of().replace(b'"CallType"', b'"CallType":"E","CallType"'),
        json_of().replace(b'"R",', b'"R"'),
        json_of().replace(b'"R"', b'"\\ud800"'),
        json_of().replace(b'"R"', b'"\n"'),
        json_of().replace(b'"R"', b'"\\x"'),
        json_of().replace(b"123456789", b"12345\\u0036789"),
        b'{"ApiCall":{},"ApiCall":{}}',
        b'{"ApiCall":{}}{}',
        b'{"ApiCall":{"CustVars":{"CustVar":[{},]}}}',
        b'{"ApiCall":{"CustVars":{"CustVar":{}}}}',
    ],
)
def test_of_anything_unusual_it_tells_nothing(data):
    assert outline(data) is None


def test_every_vector():
    seen = [told(path.read_bytes()) for path in VECTORS]
    assert seen.count(True) > 150
    assert seen.count(False) > 150


ODD = st.sampled_from(
    [
        *"aZ09 .-+X'\"<>&;=/!?,:[]{}\\\r\n\t\0\x1f\x7f\x85\xa0é\u2028\ufeff\ufffe\uffff😀",
        *(
            "&amp;",
            "&lt;",
            "&#13;",
            "]]>",
            "<!--x-->",
            "<![CDATA[x]]>",
            "<?x?>",
            '\\"',
            "\\u00f1",
            "\\uDC00",
            "\\n",
            "null",
            "1e5",
            "{}",
            "[]",
        ),
    ]
)
TEXT = st.lists(st.one_of(st.sampled_from(["a", "B1 ñ€", "0"]), ODD), max_size=4).map("".join)


@st.composite
def documents(draw):
    """Documents of the tables in either format: about half of them usual, each other with something odd in some places."""
    odd, as_json = draw(st.booleans()), draw(st.booleans())
    white = draw(st.sampled_from(["", "\n", " \r\n\t", *["x", "\xa0", ","] * odd]))
    words = TEXT if odd else st.sampled_from(["", "1", "00", "2026-11-02T08:00:00"])

    def field(part):
        text = draw(words)
        if not as_json:
            return f"<{part.name}>{text}</{part.name}>{white}"
        number = part.value is Value.COST and not (odd and draw(st.booleans()))
        return f'"{part.name}":{white}' + ("-0.120" if number else f'"{text}"')

    def section(table):
        parts = [part for part in table.parts if draw(st.integers(0, 3))]
        if odd and parts and draw(st.integers(0, 5)) == 0:
            parts = draw(st.permutations([*parts, draw(st.sampled_from(parts))]))
        found = []
        for part in parts:
            if not isinstance(part, Section):
                found.append(field(part))
                continue
            below = [section(part) for _ in range(draw(st.integers(0, 3)) if part.many else 1)]
            if not as_json:
                found += [f"<{part.name}>{white}{one}</{part.name}>{white}" for one in below]
            else:
                items = f"{white},{white}".join(f"{{{white}{one}{white}}}" for one in below)
                found.append(f'"{part.name}":' + (f"[{white}{items}{white}]" if part.many else items))
        return (f"{white},{white}" if as_json else "").join(found)

    inside = section(APICALL)
    text = f'{{"ApiCall":{white}{{{inside}}}}}{white}' if as_json else f'<ApiCall xmlns="{NAMESPACE}">{white}{inside}</ApiCall>{white}'
    return text.encode(draw(st.sampled_from(["utf-8", *["iso-8859-1", "utf-16"] * odd])), "replace")


@given(documents())
@example(b"")
def test_of_any_document_it_tells_what_reading_tells_or_nothing(data):
    told(data)


@given(st.data(), st.sampled_from([json_of(Status={"Events": {"Event": [ACTION, {}]}}).decode(), xml_of(XML).decode()]))
def test_of_any_change_to_a_document_it_tells_what_reading_tells_or_nothing(data, text):
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(ODD | st.just("")) + text[at + data.draw(st.integers(0, 3)) :]
    told(text.encode("utf-8", "surrogatepass"))


def test_of_the_documents_made_here_it_tells_of_many_and_not_of_many():
    seen = []

    @given(documents())
    def look(data):
        seen.append(told(data))

    look()
    assert seen.count(True) > len(seen) / 10
    assert seen.count(False) > len(seen) / 10


def test_what_is_too_large_is_not_looked_at():
    with pytest.raises(DecodeError):
        decode(xml_of(XML) + b"\n" * 1024 * 1024)
    assert outline(xml_of(XML) + b"\n" * 1024 * 1024) is None
