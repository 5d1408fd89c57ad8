"""What the receivers in Python share: bytes to a call, a call to an answer, with the standard library alone."""

import hashlib
import hmac
import json
import os
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree
from xml.sax.saxutils import escape

NAMESPACE = "{http://tempuri.org/}"


def text_of(body: bytes) -> str:
    """The document of a form body. Bytes first, then the charset: UTF-8 if they are, else ISO-8859-1, whatever a label says."""
    field = next((one for one in body.split(b"&") if one.startswith(b"apiInfocaller=")), b"=")
    data = unquote_to_bytes(field.partition(b"=")[2].replace(b"+", b" "))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")


def respond(body: bytes) -> tuple[int, str, str]:
    """Status, Content-Type and body of the answer."""
    text = text_of(body)
    read, write = (read_json, write_json) if text.lstrip().startswith("{") else (read_xml, write_xml)
    try:
        line, call, signature, query, variables = read(text)
    except (ValueError, KeyError, AttributeError, TypeError, ElementTree.ParseError):
        return 400, *write("1", "not readable", {})
    # Line, call id and telephone password, in ISO-8859-1; it proves line and call id, nothing else
    expected = hashlib.md5(f"{line}{call}{os.environ['INFOCALLER_PASSWORD']}".encode("iso-8859-1"), usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(expected, signature.lower()):
        return 403, *write("1", "wrong signature", {})
    if not query.strip():
        return 200, "text/plain", ""  # an event: any 2xx will do
    return 200, *write("0", "OK", {"ECO": variables.get("NOMBRE", "")})


def read_json(text: str):
    """Line, call id, signature, name of the query, variables."""
    call = json.loads(text)["ApiCall"]
    user = call["UserID"]
    variables = {one["VarName"]: one["VarValue"] for one in call["CustVars"]["CustVar"]}
    return user["LineNumber"], user["CallSequence"], user["Signature"], call["Infocaller"].get("QueryName", ""), variables


def read_xml(text: str):
    """The same. The declaration named the bytes, which are characters by now."""
    if "<!DOCTYPE" in text:
        raise ValueError("entities are nobody's business here")
    call = ElementTree.fromstring(text.partition("?>")[2] if text.lstrip().startswith("<?xml") else text)
    if call.tag != f"{NAMESPACE}ApiCall":
        raise ValueError("another document")
    user, variables = call.find(f"{NAMESPACE}UserID"), call.iter(f"{NAMESPACE}CustVar")
    names = [user.findtext(f"{NAMESPACE}{name}") for name in ("LineNumber", "CallSequence", "Signature")]
    query = call.findtext(f"{NAMESPACE}Infocaller/{NAMESPACE}QueryName") or ""
    return *names, query, {one.findtext(f"{NAMESPACE}VarName"): one.findtext(f"{NAMESPACE}VarValue") for one in variables}


def write_json(result: str, words: str, variables: dict[str, str]) -> tuple[str, str]:
    """Content-Type and body."""
    pairs = [{"VarName": name, "VarValue": value} for name, value in variables.items()]
    document = {"ApiCall": {"Status": {"Result": result, "ResultText": words}, "CustVars": {"CustVar": pairs}}}
    return "application/json", json.dumps(document)


def write_xml(result: str, words: str, variables: dict[str, str]) -> tuple[str, str]:
    """Content-Type and body. In ASCII with character references: whoever reads it, whatever charset it assumes, reads it right."""

    def plain(value: str) -> str:
        return escape(value, {"'": "&apos;", '"': "&quot;"}).encode("ascii", "xmlcharrefreplace").decode()

    pairs = "".join(
        f"<CustVar><VarName>{plain(name)}</VarName><VarValue>{plain(value)}</VarValue></CustVar>" for name, value in variables.items()
    )
    status = f"<Result>{result}</Result><ResultText>{plain(words)}</ResultText>"
    return "text/xml", f'<ApiCall xmlns="http://tempuri.org/"><Status>{status}</Status><CustVars>{pairs}</CustVars></ApiCall>'
