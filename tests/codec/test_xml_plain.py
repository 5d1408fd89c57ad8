"""Plain XML is read by one pattern: what that reads, lxml reads alike and without a word; what it does not, is left to lxml."""

from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infocaller_cli.codec import xml_plain, xml_wire
from infocaller_cli.codec.reading import Notes
from infocaller_cli.codec.spec import APICALL, NAMESPACE, XML, Section, Value
from infocaller_cli.codec.text import to_text
from infocaller_cli.errors import DecodeError

VECTORS = [path for path in (Path(__file__).parents[1] / "vectors").rglob("*") if path.is_file() and path.suffix in (".xml", ".sound", "")]
SIMPLE = (
    f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<ApiCall xmlns="{NAMESPACE}" encoding="ISO-8859-1">\n  <UserID>\n'
    "    <LineNumber>123456789</LineNumber>\n    <CallSequence>98565656</CallSequence>\n    <Signature>46fe93bc</Signature>\n  </UserID>\n"
    "  <Infocaller>\n    <CallerNumber>X</CallerNumber>\n    <idcall></idcall>\n    <QueryName>a &amp; b</QueryName>\n"
    "    <CostRX>0.12</CostRX>\n  </Infocaller>\n  <Status>\n    <Events>\n      <Event>\n        <EventType>14</EventType>\n"
    "        <EventName>Inicio</EventName>\n      </Event>\n      <Event></Event>\n    </Events>\n    <Result>0</Result>\n  </Status>\n"
    "  <CustVars>\n    <CustVar>\n      <VarName>N</VarName>\n      <VarValue>'1' &lt;</VarValue>\n    </CustVar>\n"
    "  </CustVars>\n</ApiCall>\n"
)


def by_lxml(data):
    """What lxml's reader makes of the bytes, and what it notes; None for what is no document."""
    notes = Notes(XML)
    try:
        node = xml_wire.read(to_text(data), notes)
    except DecodeError:
        return None
    notes.end()
    return repr(node), (notes.findings, notes.omitted, notes.lost, notes.untrimmed, notes.single, notes.places)


def is_plain(data):
    """Whether the pattern reads the bytes, which lxml then reads alike, key by key in the same order, with nothing to note."""
    try:
        node = xml_plain.read(to_text(data))
    except DecodeError:  # no UTF-16
        return False
    if node is not None:
        assert by_lxml(data) == (repr(node), ([], [], [], {}, set(), {}))
    return node is not None


def test_what_is_plain_is_read():
    assert is_plain(SIMPLE.encode("iso-8859-1"))
    assert xml_plain.read(to_text(SIMPLE.encode()))["CustVars"] == {"CustVar": [{"VarName": "N", "VarValue": "'1' <"}]}


def test_every_vector():
    plain = [path for path in VECTORS if is_plain(path.read_bytes())]
    assert len(plain) > 100
    assert len(plain) < len(VECTORS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<idcall></idcall>", "<idcall/>"),
        ("<idcall></idcall>", "<idcall> </idcall>"),
        ("<idcall></idcall>", "<idcall>1<!-- 2 --></idcall>"),
        ("<idcall></idcall>", "<idcall><![CDATA[1]]></idcall>"),
        ("<idcall></idcall>", "<idcall>1&#9;</idcall>"),
        ("<idcall></idcall>", "<idcall>1</idcall><idcall>2</idcall>"),
        ("<idcall></idcall>", "<idcall a='1'></idcall>"),
        ("<idcall></idcall>", "<idCall></idCall>"),
        ("<idcall></idcall>", "x<idcall></idcall>"),
        (">Inicio<", ">In\ricio<"),
        (">Inicio<", ">In\ticio<"),
        (">Inicio<", ">a]]>b<"),
        (">Inicio<", ">&otro;<"),
        (">Inicio<", ">\x0c<"),
        (">Inicio<", ">\ufffe<"),
        (">0.12<", "> 0.12<"),
        (">123456789<", ">123456789\xa0<"),
        ("</ApiCall>", "</ApiCall>x"),
        ("</ApiCall>", "</ApiCall><ApiCall/>"),
        (NAMESPACE, NAMESPACE[:-1]),
        (f' xmlns="{NAMESPACE}"', ""),
        (' encoding="ISO-8859-1">', ' encoding="UTF-16">'),
        (' encoding="ISO-8859-1">', ' a="1">'),
        ('encoding="ISO-8859-1"?>', 'encoding="koi8-r"?>'),
        ('encoding="ISO-8859-1"?>', 'encoding="?ISO-8859-1"?>'),
        ('version="1.0"', 'version="1.1"'),
        ("<?xml", " <?xml"),
        ("<ApiCall ", "<!DOCTYPE ApiCall><ApiCall "),
    ],
)
def test_what_is_not_plain_is_left_to_lxml(old, new):
    assert old in SIMPLE
    assert not is_plain(SIMPLE.replace(old, new, 1).encode())


def test_a_declaration_without_an_encoding_does_not_stand_over_latin_1():
    text = SIMPLE.replace(' encoding="ISO-8859-1"', "").replace("Inicio", "Ñ")
    assert is_plain(text.encode())
    assert not is_plain(text.encode("iso-8859-1"))


PIECES = st.sampled_from(
    [
        *"aZ09 .-+X'\"<>&;=/!?\r\n\t\0\x1f\x7f\x85\xa0é\u2028\ufeff\ufffe\uffff😀",
        *("&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&amp;lt;", "&#13;", "&#65;", "&nbsp;", "]]>", "<!--x-->", "<![CDATA[x]]>", "<?x?>"),
    ]
)
TEXTS = st.lists(st.one_of(st.sampled_from("aB1 ñ€"), PIECES), max_size=6).map("".join) | st.just("") | st.text(max_size=5).map(escape)
WHITE = ["", "\n", "  ", "\r\n\t"]
LABELS = ["", ' encoding="ISO-8859-1"', ' encoding="utf-8"', ' encoding=" ISO-8559-1"', ' encoding="x"']


@st.composite
def documents(draw):
    """Documents of the tables: most of them plain, each with something odd in one place or another."""
    odd = draw(st.booleans())
    words = TEXTS if odd else st.sampled_from(["", "1", "0.5", "2026-11-02T08:00:00"])
    texts = TEXTS if odd else st.sampled_from(["", " 1", "ñandú", "a &amp; &lt;b&gt;"])
    between = draw(st.sampled_from([*WHITE, "\f", "\xa0", "x"] if odd else WHITE))

    def section(table):
        parts = [part for part in table.parts if draw(st.integers(0, 3))]
        if odd and draw(st.integers(0, 9)) == 0:
            parts = draw(st.permutations(parts))
        found = ""
        for part in parts:
            for _ in range(draw(st.integers(0, 3)) if isinstance(part, Section) and part.many else 1):
                inside = between + section(part) if isinstance(part, Section) else draw(texts if part.value is Value.TEXT else words)
                found += f"<{part.name}>{inside}</{part.name}>{between}"
        return found

    label = draw(st.sampled_from(LABELS if odd else LABELS[:2]))
    declaration = draw(st.sampled_from(["", f'<?xml version="1.0"{label}?>', *[f"<?xml version='1.0'{label}?>\n"] * odd]))
    text = f'{declaration}{between}<ApiCall xmlns="{NAMESPACE}"{label}>{between}{section(APICALL)}</ApiCall>{between}'
    return text.encode(draw(st.sampled_from(["iso-8859-1", *["utf-8", "utf-16"] * odd])), "xmlcharrefreplace")


@given(documents())
@example(b"")
def test_any_document_is_read_alike_or_left(data):
    is_plain(data)


@given(st.data())
def test_any_change_to_a_plain_document_is_read_alike_or_left(data):
    text = SIMPLE
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(PIECES | st.just("")) + text[at + data.draw(st.integers(0, 3)) :]
    is_plain(text.encode("utf-8", "surrogatepass"))


def test_of_the_documents_made_here_many_are_plain_and_many_are_not():
    seen = []

    @given(documents())
    def look(data):
        seen.append(is_plain(data))

    look()
    assert seen.count(True) > len(seen) / 10
    assert seen.count(False) > len(seen) / 10
