"""The schemas, judged by tools that know nothing of us: xmllint and check-jsonschema, over every vector.

What is wrong with a vector is what `validate` says (and test_rules holds it to the vectors' names); what a schema can see of that
stands in the tables below. Each vector is judged in both directions: what a schema can see fails, everything else passes.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

from infocaller_cli.codec import decode
from infocaller_cli.codec.form import open_body
from infocaller_cli.codec.rules import validate
from infocaller_cli.codec.schemas import FORMS, JSON_SCHEMA, XSD, schema
from infocaller_cli.codec.spec import APICALL, NAMED_KINDS, Kind, Section
from infocaller_cli.errors import DecodeError

VECTORS = Path(__file__).parents[2] / "vectors"
PASSWORD = "3956"  # public: printed on the provider's page
FORMATS = {XSD: "xml", JSON_SCHEMA: "json"}
NAMES = {Kind.EVENT: "INICIO", Kind.FIN: "FIN", Kind.QUERY: "QUERY", Kind.RESPONSE: "RESPONSE"}

# The errors a schema sees. Not among them: whether the signature is right (IC105), whether the end is after the start (IC208)
SEEN = {"IC002", "IC008", "IC101", "IC103", "IC104", "IC201", "IC202", "IC203", "IC205", "IC206", "IC207", "IC210", "IC212"}
SEEN |= {"IC302", "IC304", "IC401", "IC402", "IC501"}
CAUGHT = {
    XSD: SEEN | {"IC003", "IC005"},
    JSON_SCHEMA: SEEN | {"IC004"},  # parsers of JSON keep one of two equal keys (IC005), and a schema never knows
}
# Warnings about the form: read, but not the documented form, which is the one a schema describes
TIGHTER = {
    XSD: {
        "IC003",  # a schema is for one namespace
        "IC004",  # XML Schema 1.0 has no group without an order that allows for unknown elements
    },
    JSON_SCHEMA: {"IC009", "IC010"},  # types are what a JSON Schema is about
}
EXCEPTIONS = {
    # Two fields that do not go together: XML Schema 1.0 looks at one at a time
    "IC202/fires-error-hidden-in-an-issued-call.xml": "passes",
    "IC203/fires-callernumberint-x-alone.xml": "passes",
    "IC203/fires-callernumberint-x-without-a-callernumber-to-hide.xml": "passes",
}
# What no reader can make a document of fails whatever the schema, but for what the tools' own parsers let pass
PARSERS = {
    "IC007",  # a DOCTYPE
    "IC001/nul-behind.xml",
    "IC001/utf-16-half-a-character.xml",
}


def name_of(path):
    return f"{path.parent.name}/{path.name}"


def vectors(format):
    """Path, and what reading it comes to: what was decoded, or the error."""
    for path in sorted(VECTORS.rglob("*.*")):
        if path.suffix in (".expected", ".toml", ".sound"):  # beside the documents
            continue
        try:
            decoded = decode(open_body(path.read_bytes()).document if path.suffix == ".form" else path.read_bytes())
        except DecodeError as error:
            if path.suffix == f".{format}":
                yield path, error
        else:
            if decoded.format == format:
                yield path, decoded


def expected(path, read, form):
    """Whether a vector fails, whether it passes, or nothing that is known."""
    if isinstance(read, DecodeError):
        return None if {path.parent.name, name_of(path)} & PARSERS else "fails"
    findings = validate(read, password=PASSWORD)
    errors = {finding.code for finding in findings if finding.level == "error"}
    seen = errors & CAUGHT[form] or {finding.code for finding in findings} & TIGHTER[form]
    return EXCEPTIONS.get(name_of(path), "fails" if seen else "passes")


def utf8(read, path):
    """The document for other parsers: their own troubles with labels and charsets are not what is judged."""
    if isinstance(read, DecodeError):
        return path.read_bytes()
    return re.sub(r"^<\?xml\s[^?]*\?>", "", read.text.chars).encode()


def tool(name):
    """A program of the environment, or of the system. It may be missing on a desk, never in CI."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None and not os.environ.get("CI"):
        pytest.skip(f"{name} is not installed")
    assert found, f"{name} is not installed"
    return found


def xmllint(schema_file, files):
    """Those of the files that pass."""
    done = subprocess.run([tool("xmllint"), "--noout", "--nonet", "--schema", schema_file, *files], capture_output=True, check=False)
    said = done.stderr.decode(errors="replace").splitlines()
    assert done.returncode in (0, 1, 3, 4), said  # 5: the schema does not compile
    return {file for file in files if f"{file} validates" in said}


def check_jsonschema(schema_file, files):
    """Those of the files that pass."""
    command = [tool("check-jsonschema"), "--output-format", "json", "--schemafile", schema_file, *files]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    said = json.loads(done.stdout)
    return set(files) - {error["filename"] for error in (*said["errors"], *said["parse_errors"])}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("form", FORMS)
def test_every_vector(tmp_path, form, kind):
    """As its own kind; what cannot be read is of no kind, and judged as all of them."""
    (tmp_path / "schema").write_text(schema(NAMES[kind], form))
    judged = {}
    for path, read in vectors(FORMATS[form]):
        if isinstance(read, DecodeError) or read.document.kind is kind:
            copy = tmp_path / f"{len(judged)}.{FORMATS[form]}"
            copy.write_bytes(utf8(read, path))
            judged[str(copy)] = path, expected(path, read, form)
    passed = (xmllint if form == XSD else check_jsonschema)(str(tmp_path / "schema"), list(judged))
    wrong = [(path, wanted) for copy, (path, wanted) in judged.items() if wanted and wanted != ("passes" if copy in passed else "fails")]
    assert wrong == []
    assert len(passed) > 10


@pytest.mark.parametrize("form", FORMS)
def test_the_tables_hold_nothing_no_vector_shows(form):
    fail = {(path.parent.name, path.name) for path, read in vectors(FORMATS[form]) if expected(path, read, form) == "fails"}
    shown = {code for code, name in fail if name.startswith("fires")}
    assert CAUGHT[form] | TIGHTER[form] <= shown
    names = {name_of(path) for path in VECTORS.rglob("*.*")}
    assert set(EXCEPTIONS) <= names


# ---------------------------------------------------------------------------------------------------- the schemas themselves


def test_the_metaschema_takes_every_json_schema(tmp_path):
    for name in NAMED_KINDS:
        (tmp_path / f"{name}.json").write_text(schema(name, JSON_SCHEMA))
    command = [tool("check-jsonschema"), "--check-metaschema", *map(str, tmp_path.iterdir())]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", NAMED_KINDS)
def test_every_xml_schema_compiles(name):
    etree.XMLSchema(etree.fromstring(schema(name, XSD).encode()))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMED_KINDS)
def test_they_are_ascii_and_end_with_a_line(name, form):
    text = schema(name, form)
    assert text.isascii()
    assert text.endswith(("}\n", ">\n"))
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_attributes_nobody_objects_to_on_the_root_pass():
    root = '<ApiCall xmlns="http://tempuri.org/" encoding=" ISO-8559-1" xml:lang="es">'
    source = f"{root}<Status><Result>0</Result><ResultText/></Status><CustVars/></ApiCall>"
    assert validate(decode(source.encode())) == []
    assert COMPILED[Kind.RESPONSE].validate(etree.fromstring(source))


def parts(section):
    for part in section.parts:
        yield part
        if isinstance(part, Section):
            yield from parts(part)


@pytest.mark.parametrize("name", ["INICIO", "DESVIO_CORRECTO", "DESVIO_FALLIDO", "FIN", "QUERY"])
def test_every_line_of_the_tables_is_in_the_schemas_with_its_meaning(name):
    documented = {(part.name, part.about) for part in parts(APICALL)}
    found = set()

    def look(node):
        for key, value in node.get("properties", {}).items():
            inner = value.get("items", value)
            found.add((key, inner["description"]))
            look(inner)

    look(json.loads(schema(name, JSON_SCHEMA))["properties"]["ApiCall"])
    assert found == documented
    schemas = "{http://www.w3.org/2001/XMLSchema}"
    elements = ET.fromstring(schema(name, XSD)).iter(f"{schemas}element")
    texts = {(element.get("name"), element.findtext(f"{schemas}annotation/{schemas}documentation")) for element in elements}
    assert texts - {("ApiCall", APICALL.about)} == documented


# ------------------------------------------------------------------------------------------------- field by field, any text

USER = {"LineNumber": "123456789", "CallSequence": "98565656", "Signature": "ae73e4b16a280726fb2e0e6bfb43902a"}
CALL = {"CallType": "R", "CallerNumber": "911888920"}
DATES = {"CallSeconds": "95", "StartDate": "2026-11-23T10:00:00", "EndDate": "2026-11-23T10:01:35"}
ACTION = {"EventType": "14", "EventDate": "2026-11-23T10:00:00"}
VARIABLE = {"VarName": "A", "VarValue": "2"}
BASES = {
    Kind.EVENT: {"UserID": USER, "Infocaller": CALL, "CustVars": {"CustVar": [VARIABLE]}},
    Kind.QUERY: {"UserID": USER, "Infocaller": CALL | {"QueryName": "A"}, "CustVars": {"CustVar": [VARIABLE]}},
    Kind.FIN: {"UserID": USER, "Infocaller": CALL | DATES, "Status": {"Events": {"Event": [ACTION]}}, "CustVars": {"CustVar": [VARIABLE]}},
    Kind.RESPONSE: {"Status": {"Result": "0", "ResultText": "OK"}, "CustVars": {"CustVar": [VARIABLE]}},
}
PIECES = [
    "0",
    "1",
    "29",
    "2026",
    "1900",
    "2024",
    "0000",
    "-02",
    "-",
    "-02-29",
    "-12-31",
    "T23:59:59",
    "T24:00:00",
    "T00:00:60",
    ":",
    ".",
    "+",
]
PIECES += ["X", "R", "E", "x", "a", "Z", "_", ",", " ", "\xa0", "\t", "ñ", "€", "\x80", "\x7f", "²", "٣", "<", "&", "9" * 17, "ab" * 16]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
PLACES = [
    (kind, section, field.name)
    for kind, base in BASES.items()
    for section in (APICALL, *(part for part in parts(APICALL) if isinstance(part, Section)))
    for field in section.parts
    if not isinstance(field, Section) and (section.name in base or section.name in ("Event", "CustVar"))
]


def with_text(node, section, field, text, name="ApiCall"):
    """A copy with a field of a section, wherever that is, set to a text; None leaves it out."""
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        return [with_text(item, section, field, text, name) for item in node]
    copy = {key: with_text(below, section, field, text, key) for key, below in node.items() if (name, key) != (section, field)}
    return copy | {field: text} if name == section and text is not None else copy


def as_xml(name, node):
    if isinstance(node, list):
        return "".join(as_xml(name, item) for item in node)
    inner = escape(node) if isinstance(node, str) else "".join(as_xml(*item) for item in node.items())
    return f"<{name}>{inner}</{name}>"


COMPILED = {kind: etree.XMLSchema(etree.fromstring(schema(NAMES[kind], XSD).encode())) for kind in Kind}
CHECKERS = {kind: Draft202012Validator(json.loads(schema(NAMES[kind], JSON_SCHEMA))) for kind in Kind}


@given(st.sampled_from(PLACES), st.none() | TEXTS)
def test_both_schemas_say_of_a_field_what_validate_says(place, text):
    kind, section, field = place
    document = with_text(BASES[kind], section.name, field, text)
    xml = as_xml("ApiCall", document).replace(">", ' xmlns="http://tempuri.org/">', 1)
    findings = validate(decode(xml.encode()), kind)
    valid = not {finding.code for finding in findings if finding.level == "error"} & SEEN
    if (field, text and text.strip()) != ("CallerNumberInt", "X"):  # XML Schema looks at one field at a time
        assert COMPILED[kind].validate(etree.fromstring(xml)) == valid
    if field not in ("CostRX", "CostTX"):  # numbers
        assert CHECKERS[kind].is_valid({"ApiCall": document}) == valid


def test_the_xml_schema_takes_the_nil_of_dotnet_where_a_field_may_be_empty():
    xsd = etree.XMLSchema(etree.fromstring(schema("RESPONSE", XSD).encode()))
    answer = """<ApiCall xmlns="http://tempuri.org/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
    <Status><Result>0</Result><ResultText xsi:nil="true"/></Status>
    <CustVars><CustVar><VarName>A</VarName><VarValue xsi:nil="true"/></CustVar></CustVars></ApiCall>"""
    assert xsd.validate(etree.fromstring(answer)), xsd.error_log
    assert not xsd.validate(etree.fromstring(answer.replace("<Result>0</Result>", '<Result xsi:nil="true"/>')))
