"""What nobody documents: read past, kept where it can be, never in the way; what is documented and given twice is."""

import pytest

from infocaller_cli.codec import decode, encode
from infocaller_cli.codec.rules import is_valid, validate
from infocaller_cli.codec.signature import verify
from infocaller_cli.errors import EncodeError

USER = '"UserID": {"LineNumber": "123456789", "CallSequence": "98565656", "Signature": "ae73e4b16a280726fb2e0e6bfb43902a"%s}'
CALL = '"Infocaller": {"CallType": "R", "CallerNumber": "911888920"}, "CustVars": {"CustVar": []}'
XML_USER = (
    "<UserID%s><LineNumber>123456789</LineNumber><CallSequence>98565656</CallSequence>"
    "<Signature>ae73e4b16a280726fb2e0e6bfb43902a</Signature>%s</UserID>"
)
XML_CALL = "<Infocaller><CallType>R</CallType><CallerNumber>911888920</CallerNumber></Infocaller><CustVars/>"


def json_document(in_user="", in_call="", beside=""):
    return (f'{{"ApiCall": {{{USER % in_user}, {CALL}{in_call}}}{beside}}}').encode()


def xml_document(in_user="", in_call="", attributes=""):
    return f'<ApiCall xmlns="http://tempuri.org/">{XML_USER % (attributes, in_user)}{XML_CALL}{in_call}</ApiCall>'.encode()


UNDOCUMENTED = {
    "a section": json_document(in_call=', "Recording": {"Url": "x"}'),
    "an array": json_document(in_call=', "Tags": ["a", "b"]'),
    "SimpleXML's attributes": json_document(in_user=', "@attributes": {"a": "b"}'),
    "xml2js' attributes": json_document(in_call=', "$": {"xmlns": "http://tempuri.org/"}'),
    "fast-xml-parser's declaration": json_document(beside=', "?xml": {"@_version": "1.0"}'),
    "a flat key beside the root": json_document(beside=', "jsonrpc": "2.0"'),
    "a key beside the root, twice": json_document(beside=', "a": 1, "a": 2'),
    "a flat field twice": json_document(in_user=', "Foo": "1", "Foo": "2"'),
    "a nested field twice": json_document(in_call=', "Foo": {"a": 1}, "Foo": {"a": 2}'),
    "duplicates inside": json_document(in_call=', "Foo": {"LineNumber": "1", "LineNumber": "2"}'),
    "an element": xml_document(in_call="<Recording><Url>x</Url></Recording>"),
    "an element twice": xml_document(in_user="<Foo>1</Foo><Foo>2</Foo>"),
    "a nested element twice": xml_document(in_call="<Foo><a/></Foo><Foo><a/></Foo>"),
    "nested, then flat": xml_document(in_call="<Foo><a/></Foo><Foo>2</Foo>"),
    "an element of another namespace": xml_document(in_call='<r:Recording xmlns:r="http://tempuri.org/"><r:Url/></r:Recording>'),
}


@pytest.mark.parametrize("data", UNDOCUMENTED.values(), ids=UNDOCUMENTED)
def test_it_is_a_warning_and_the_signature_holds_and_it_is_not_written(data):
    decoded = decode(data)
    assert {(finding.code, finding.level) for finding in decoded.findings} == {("IC004", "warning")}
    assert verify(decoded.document, "3956").valid
    assert is_valid(validate(decoded, password="3956"))
    assert decoded.document.ambiguous is None
    for format in ("xml", "json"):
        with pytest.raises(EncodeError):
            encode(decoded.document, format)


@pytest.mark.parametrize(
    ("data", "path", "why"),
    [
        (UNDOCUMENTED["a section"], "/ApiCall/Recording", "is undocumented and holds other fields"),
        (UNDOCUMENTED["an element"], "ApiCall/Recording", "is undocumented and holds other fields"),
        (UNDOCUMENTED["a flat field twice"], "/ApiCall/UserID/Foo", "is undocumented and stands twice"),
        (UNDOCUMENTED["an element twice"], "ApiCall/UserID/Foo", "is undocumented and stands twice"),
        (UNDOCUMENTED["a flat key beside the root"], "/jsonrpc", "stands beside ApiCall"),
        (xml_document(in_user="<LineNumber>1</LineNumber>"), "ApiCall/UserID/LineNumber", "stands twice"),
        (json_document(in_call=', "Infocaller": {}'), "/ApiCall/Infocaller", "stands twice"),
    ],
)
def test_the_error_of_writing_says_which_it_is(data, path, why):
    with pytest.raises(EncodeError) as caught:
        encode(decode(data).document, "json")
    assert (caught.value.path, caught.value.why) == (path, f"{path} {why}")


AMBIGUOUS = {
    "a field": (json_document(in_user=', "LineNumber": "1"'), "/ApiCall/UserID/LineNumber"),
    "a section": (json_document(in_call=', "UserID": {}'), "/ApiCall/UserID"),
    "the root": (json_document(beside=', "ApiCall": {}'), "/ApiCall"),
    "an element": (xml_document(in_user="<LineNumber>1</LineNumber>"), "ApiCall/UserID/LineNumber"),
    "an element of another namespace": (xml_document(in_user='<LineNumber xmlns="urn:x">1</LineNumber>'), "ApiCall/UserID/LineNumber"),
    "a section's element": (xml_document(in_call="<UserID/>"), "ApiCall/UserID"),
    "behind what is undocumented": (xml_document(in_user="<Foo><a/></Foo><LineNumber>1</LineNumber>"), "ApiCall/UserID/LineNumber"),
}


@pytest.mark.parametrize(("data", "path"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_is_documented_and_stands_twice_makes_the_signature_no_proof(data, path):
    decoded = decode(data)
    assert ("IC005", "error", path) in [finding[:3] for finding in decoded.findings]
    verdict = verify(decoded.document, "3956")
    assert not verdict.valid
    assert verdict.reason.startswith(f"{path} stands twice")


@pytest.mark.parametrize(
    "data",
    [
        json_document(in_call="".join(f', "a{number}": "1"' for number in range(5_000)) + ', "CustVars": {}'),
        xml_document(in_call="".join(f"<a{number}/>" for number in range(5_000)) + "<CustVars/>"),
        json_document(in_call=', "CustVars": {}', beside="".join(f', "a{number}": "1"' for number in range(5_000))),
        json_document(in_call=', "Foo": "1"' * 5_000 + ', "CustVars": {}'),
        b'{"ApiCall": {"Status": {"Result": 0, "ResultText": "\xe2\x82\xac"}, "CustVars": {"CustVar": [{}%s]}}}'
        % (b', {"VarName": "A", "VarValue": "1"}' * 5_000),
    ],
    ids=["keys", "elements", "keys beside", "duplicate keys", "hits"],
)
def test_there_are_at_most_a_thousand_findings_with_the_first_of_every_rule_and_the_number_of_the_others(data):
    findings = validate(decode(data))
    assert 900 < len(findings) <= 1_000
    assert {finding.level for finding in findings} == {"error", "warning"}
    assert any(finding.message == f"{number:,} more like it are not listed" for finding in findings for number in range(4_000, 4_150))
    assert not is_valid(findings)
