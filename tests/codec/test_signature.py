"""Signing and verifying. The expected values were made with md5sum, never with the code under test."""

import json
import xml.etree.ElementTree as ET

import pytest

from infocaller_cli.codec import Document, decode
from infocaller_cli.codec.edit import signing_edit
from infocaller_cli.codec.form import open_body
from infocaller_cli.codec.signature import State, check_password, is_guessable, sign, unsigned, verify
from infocaller_cli.codec.spec import Kind
from infocaller_cli.errors import NoAnswerError, UsageError

# printf %s 123456789985656563956 | md5sum
EXAMPLE = "ae73e4b16a280726fb2e0e6bfb43902a"
SIGNATURES = [
    ("123456789", "98565656", "3956", EXAMPLE),
    ("910000000", "42", "3956", "25a717f73793bf9ba0023f988f62ab91"),
    ("910000000", "42", "0042", "9591be6ab4260e362075c29ab4e02cff"),
    ("123456789", "98565656", "pass word", "6a0dcbbf7c05a2b3ee597a3a7884d1c7"),
    ("123456789", "98565656", "", "bd9d304b44f0841c3b1b4890ac7c2415"),
    # printf '12345678998565656contrase\xf1a' | md5sum
    ("123456789", "98565656", "contraseña", "c075c1800142d97b6be81cea6c49a6c9"),
    # The page's other pair: its sentence in the Spanish original, which settles the charset
    ("Esto sí es", " una prueba", " de MD5", "e99008846853ff3b725c27315e469fbc"),
    ("12", "3", "3956", "57c71587f1e8503a2bb54d19c9cdba32"),
    ("1", "23", "3956", "57c71587f1e8503a2bb54d19c9cdba32"),
]


@pytest.mark.parametrize(("line", "call", "password", "expected"), SIGNATURES)
def test_signatures_equal_those_of_md5sum(line, call, password, expected):
    assert sign(line, call, password) == expected


def test_the_charset_is_iso_8859_1_and_not_utf8():
    assert sign("123456789", "98565656", "contraseña") != "533a5602e0246d208ad849cb758d0779"


@pytest.mark.parametrize("password", ["5 €", "日本", "\u0100", "\ud83d"])
def test_a_password_outside_iso_8859_1_is_wrong_usage_and_not_repeated(password):
    for call in (lambda: check_password(password), lambda: sign("1", "2", password), lambda: verify(Document({}), password)):
        with pytest.raises(UsageError) as caught:
            call()
        assert password not in str(caught.value.args)


@pytest.mark.parametrize(
    ("line", "call", "forged"),
    [
        # printf %s '12345678?985656563956' | md5sum; printf %s '123456789??3956' | md5sum
        ("12345678€", "98565656", "a5141e1569021f74fd238083622688b8"),
        ("123456789", "９８", "f34712705acc7f0144086c59c51321ed"),
    ],
)
def test_a_line_or_call_outside_iso_8859_1_has_no_signature(line, call, forged):
    # Were the characters replaced by question marks, documents that differ would sign alike
    with pytest.raises(UsageError):
        sign(line, call, "3956")
    assert not verify(user(LineNumber=line, CallSequence=call, Signature=forged), "3956").valid


def user(**fields):
    return Document({"UserID": {"LineNumber": "123456789", "CallSequence": "98565656", "Signature": EXAMPLE, **fields}, "Infocaller": {}})


def test_a_right_signature_proves_line_and_call_id_and_no_more():
    assert verify(user(), "3956") == (State.VALID, "the signature proves line and call id")


@pytest.mark.parametrize("signature", [EXAMPLE.upper(), EXAMPLE.title()])
def test_upper_case_digits_are_accepted(signature):
    assert verify(user(Signature=signature), "3956").valid


@pytest.mark.parametrize(
    "fields",
    [
        {"LineNumber": "123456780"},
        {"CallSequence": "98565657"},
        {"CallSequence": "098565656"},
        {"Signature": EXAMPLE[:-1] + "b"},
        {"Signature": EXAMPLE + "a"},
        {"Signature": EXAMPLE[:31]},
        {"Signature": "ñ" * 32},
        {"Signature": "\u212a" * 32},
        {"Signature": ""},
        {"LineNumber": "", "CallSequence": "12345678998565656"},
        {"CallSequence": "", "LineNumber": "12345678998565656"},
    ],
)
def test_anything_else_is_no(fields):
    verdict = verify(user(**fields), "3956")
    assert not verdict.valid
    assert EXAMPLE not in verdict.reason
    assert "3956" not in verdict.reason


def test_the_wrong_password_is_no():
    assert not verify(user(), "3957").valid
    assert not verify(user(), "3956\n").valid


@pytest.mark.parametrize("name", ["LineNumber", "CallSequence", "Signature"])
def test_an_absent_field_is_named(name):
    root = user().root
    fields = {key: value for key, value in root["UserID"].items() if key != name}
    assert verify(Document({**root, "UserID": fields}), "3956") == (State.INVALID, f"{name} is missing")


def test_a_response_carries_no_signature():
    response = Document({"Status": {"Result": "0"}, "CustVars": {"CustVar": []}})
    assert unsigned(response) == "a response carries no signature"
    assert not verify(response, "3956").valid


DUPLICATES = [
    (
        f'<ApiCall xmlns="http://tempuri.org/"><UserID><LineNumber>123456789</LineNumber><LineNumber>1</LineNumber>'
        f"<CallSequence>98565656</CallSequence><Signature>{EXAMPLE}</Signature></UserID><Infocaller/></ApiCall>"
    ),
    (
        '{"ApiCall": {"UserID": {"LineNumber": "123456789", "CallSequence": "98565656", "Call\\u0053equence": "1", '
        f'"Signature": "{EXAMPLE}"}}}}}}'
    ),
    f'{{"ApiCall": {{"UserID": {{"LineNumber": "123456789", "CallSequence": "98565656", "Signature": "{EXAMPLE}"}}, "UserID": {{}}}}}}',
]


@pytest.mark.parametrize("source", DUPLICATES)
def test_a_document_two_readers_could_read_differently_is_never_right_and_never_signed(source):
    decoded = decode(source.encode())
    assert not verify(decoded.document, "3956").valid
    with pytest.raises(NoAnswerError):
        signing_edit(decoded, lambda: "3956")


# ---------------------------------------------------------------------------------------------------------- signing

XML = (
    '<ApiCall xmlns="http://tempuri.org/"><!-- {0} --><UserID><LineNumber>123456789</LineNumber>{1}</UserID>'
    "<Infocaller>ñ€</Infocaller></ApiCall>"
)
CALL = "<CallSequence>98565656</CallSequence>"
JSON = (
    '{{"ApiCall": {{"CustVars": {{"CustVar": [{{"VarValue": "{0}"}}]}}, "UserID": {{"LineNumber": "123456789", {1}}}, '
    '"Infocaller": {{}}, "x": "ñ€"}}}}'
)
EDITS = {
    "another": (XML, CALL + "<Signature>{0}</Signature>"),
    "space behind it": (XML, CALL + "<Signature>{0} </Signature>"),
    "attributes": (XML, "<Signature a='>' b=\"'/>\">{0}</Signature>" + CALL),
    "a prefix": (XML, CALL + '<x:Signature xmlns:x="http://tempuri.org/" >{0}</x:Signature >'),
    "json": (JSON, '"CallSequence": "98565656", "Signature" : "{0}"'),
    "json without spaces": (JSON, '"Signature":"{0}","CallSequence":"98565656"'),
    "json with escapes in the key": (JSON, '"CallSequence": "98565656", "\\u0053ignature":\n"{0}"'),
}
OLD = ["x", "0" * 32, "not hexadecimal"]
REWRITTEN = {
    "an empty-element tag": (XML, CALL + "<Signature/>", CALL + "<Signature>{0}</Signature>"),
    "an empty-element tag with a space": (XML, CALL + "<Signature />", CALL + "<Signature>{0}</Signature>"),
    "spaces around it": (XML, CALL + "<Signature> \n\tabc\r\n </Signature>", CALL + "<Signature> \n\t{0}\r\n </Signature>"),
    "only spaces": (XML, CALL + "<Signature> \n </Signature>", CALL + "<Signature> \n {0}</Signature>"),
    "a comment inside": (XML, CALL + "<Signature>a<!-- b -->c</Signature>", CALL + "<Signature>{0}</Signature>"),
    "CDATA inside": (XML, CALL + "<Signature><![CDATA[abc]]></Signature>", CALL + "<Signature><![CDATA[{0}]]></Signature>"),
    "references inside": (XML, CALL + "<Signature>&#97;&amp;</Signature>", CALL + "<Signature>{0}</Signature>"),
    "absent": (XML, CALL, CALL + "<Signature>{0}</Signature>"),
    "absent, indented": (XML, f"\r\n  {CALL}\r\n", f"\r\n  {CALL}\r\n  <Signature>{{0}}</Signature>\r\n"),
    "absent, before others": (XML, f" {CALL} <Note/>", f" {CALL} <Signature>{{0}}</Signature> <Note/>"),
    "json null": (JSON, '"CallSequence": "98565656", "Signature": null', '"CallSequence": "98565656", "Signature": "{0}"'),
    "json number": (JSON, '"CallSequence": 98565656, "Signature": 12', '"CallSequence": 98565656, "Signature": "{0}"'),
    "json empty array": (JSON, '"Signature": [ ], "CallSequence": "98565656"', '"Signature": "{0}", "CallSequence": "98565656"'),
    "json absent": (JSON, '"CallSequence": "98565656"', '"CallSequence": "98565656", "Signature": "{0}"'),
    "json absent, on lines": (JSON, '\n  "CallSequence":"98565656"\n', '\n  "CallSequence":"98565656", \n  "Signature":"{0}"\n'),
}
CASES = {
    f"{name}, {old[:9]!r}": (shell, part.replace("{0}", old), part) for name, (shell, part) in EDITS.items() for old in OLD
} | REWRITTEN


def signed(data):
    """The bytes of the document with the edit made."""
    decoded = decode(data)
    edit = signing_edit(decoded, lambda: "3956")
    return decoded.text.to_bytes(decoded.text.chars[: edit.start] + edit.new + decoded.text.chars[edit.end :])


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(("shell", "before", "after"), CASES.values(), ids=CASES)
def test_signing_changes_the_signature_and_no_other_byte(shell, before, after, charset):
    # The old signature stands in a comment or a variable too: the first textual match is not the signature
    data = shell.format("0" * 32, before).encode(charset)
    expected = shell.format("0" * 32, after.replace("{0}", EXAMPLE))
    assert signed(data) == expected.encode(charset)
    if shell is XML:
        seen = ET.fromstring(expected).findtext("{http://tempuri.org/}UserID/{http://tempuri.org/}Signature")
    else:
        seen = json.loads(expected)["ApiCall"]["UserID"]["Signature"]
    assert seen.strip() == EXAMPLE
    assert verify(decode(signed(data)).document, "3956").valid


DECLARATIONS = ["ISO-8859-1", "ISO-8559-1", " ISO-8859-1", "latin-1", "", "klingon"]


@pytest.mark.parametrize("label", DECLARATIONS)
@pytest.mark.parametrize("shell", ['<?xml version="1.0"\n encoding="{0}"?>\n', "<?xml encoding='{0}'?>"])
def test_every_declaration_the_reader_takes_can_be_signed(label, shell):
    body = XML.format("ñ", CALL + "<Signature>0</Signature>").replace("€", "")
    data = (shell.format(label) + body).encode("iso-8859-1")
    assert signed(data) == data.replace(b"<Signature>0<", b"<Signature>" + EXAMPLE.encode() + b"<")


def test_a_prefixed_document_gets_a_prefixed_signature():
    data = (
        '<t:ApiCall xmlns:t="http://tempuri.org/"><t:UserID>\n<t:LineNumber>123456789</t:LineNumber>\n'
        "<t:CallSequence>98565656</t:CallSequence>\n</t:UserID><t:Infocaller/></t:ApiCall>"
    )
    new = f"</t:CallSequence>\n<t:Signature>{EXAMPLE}</t:Signature>\n"
    assert signed(data.encode()).decode() == data.replace("</t:CallSequence>\n", new)


def test_a_signed_form_body_keeps_every_other_byte():
    body = (
        b"a=%41&apiInfocaller="
        + XML.format("+", CALL + "<Signature>%30</Signature>")
        .encode("iso-8859-1", "xmlcharrefreplace")
        .replace(b"&", b"%26")
        .replace(b"+", b"%2b")
        + b"&b=+"
    )
    envelope = open_body(body)
    edit = signing_edit(decode(envelope.document), lambda: "3956")
    assert envelope.replace(edit.start, edit.end, edit.new.encode()) == body.replace(b"%30", EXAMPLE.encode())


@pytest.mark.parametrize(
    "root",
    [
        '{"Status": {"Result": "0"}, "CustVars": {"CustVar": []}}',
        '{"UserID": {"LineNumber": "1"}, "Infocaller": {}}',
        '{"UserID": {"CallSequence": "1"}, "Infocaller": {}}',
        '{"UserID": {"LineNumber": "1", "CallSequence": ""}, "Infocaller": {}}',
        '{"Infocaller": {}}',
    ],
)
def test_where_no_signature_belongs_none_is_made_and_no_password_is_asked(root):
    with pytest.raises(NoAnswerError):
        signing_edit(decode(f'{{"ApiCall": {root}}}'.encode()), lambda: pytest.fail("asked for a password"))


@pytest.mark.parametrize(
    ("password", "guessable"),
    [("3956", True), ("0", True), ("12345678", True), ("123456789", False), ("", False), ("39a6", False), ("3 56", False), ("٣٩٥٦", False)],
)
def test_few_digits_are_guessable(password, guessable):
    assert is_guessable(password) is guessable


@pytest.mark.parametrize(
    ("document", "password", "state"),
    [
        (user(), "3956", State.VALID),
        (user(), "3957", State.INVALID),
        (user(), None, State.UNCHECKED),
        (user(Signature=""), None, State.INVALID),  # no password could make it right
        (Document({"Status": {"Result": "0"}}), "3956", State.NONE),
    ],
)
def test_one_vocabulary_says_what_is_known_of_a_signature(document, password, state):
    assert verify(document, password).state == state
    assert verify(document, password).valid is (state == "valid")


def test_a_document_is_judged_as_the_kind_it_is_said_to_be():
    assert verify(user(), "3956", Kind.RESPONSE).state == "none"
    assert verify(user(), "3956", Kind.FIN).state == "valid"
