"""How the usual mistakes are mended, by language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..http.message import header

if TYPE_CHECKING:
    from ..http.message import RawResponse

PHP, DOTNET, NODE, PYTHON, ANY = "PHP", "ASP.NET", "Node", "Django, Flask", "any"
LANGUAGES = (PHP, DOTNET, NODE, PYTHON)

MENDS: dict[str, dict[str, str]] = {
    "bytes": {
        PHP: "no utf8_encode and no label: if preg_match('//u', $text) fails, iconv('ISO-8859-1', 'UTF-8', $text); then strip the XML "
        "declaration before simplexml_load_string, which returns false on mislabelled bytes",
        DOTNET: "read Request.InputStream as bytes, decode them as UTF-8 that throws, else as ISO-8859-1; Request.Form assumes UTF-8",
        NODE: "express.raw({type: '*/*'}) in the place of express.urlencoded, then decode the bytes: UTF-8 with fatal: true, else latin1",
        PYTHON: "request.get_data() (Flask) or request.body (Django) before anything asks for request.form or request.POST, which decode "
        "as UTF-8 and destroy ISO-8859-1; unquote_to_bytes, then UTF-8, else ISO-8859-1",
    },
    "form": {
        PHP: "take $_POST['apiInfocaller'] as it is: PHP has undone the percent escapes once",
        DOTNET: "ValidateInput(false), or read the raw body: request validation refuses a form value with a < in it",
        NODE: "undo the escapes once: + is a blank, %2B a plus; raise the body-parser's limit (100kb) above your largest document",
        PYTHON: "unquote_to_bytes(value.replace(b'+', b' ')), once, on the raw body",
    },
    "parsing": {
        PHP: "a parser (simplexml, DOM), no regular expression; ?? '' where a field may be missing",
        DOTNET: "XDocument or XmlDocument with the namespace http://tempuri.org/, and ?. where an element may be missing",
        NODE: "a parser such as fast-xml-parser with processEntities and htmlEntities, removeNSPrefix, and ?. where a field may be missing",
        PYTHON: "ElementTree or defusedxml with the namespace http://tempuri.org/, findtext(..., default=''), .get(name, '')",
    },
    "fields": {ANY: "read numbers and ids as text, expect a field to be missing, empty or X, and look at CallType before CallerNumber"},
    "signature": {
        PHP: "hash_equals(md5($line . $call . $password), strtolower(trim($signature))), before anything else is done",
        DOTNET: "MD5 over Encoding.Latin1.GetBytes(line + call + password), compared with CryptographicOperations.FixedTimeEquals",
        NODE: "crypto.createHash('md5').update(line + call + password, 'latin1').digest('hex'), compared with crypto.timingSafeEqual",
        PYTHON: "hmac.compare_digest(hashlib.md5((line + call + password).encode('latin-1')).hexdigest(), signature.lower())",
    },
    "entities": {
        PHP: "no LIBXML_NOENT and no LIBXML_DTDLOAD; refuse a document with <!DOCTYPE",
        DOTNET: "XmlReaderSettings { DtdProcessing = Prohibit, XmlResolver = null }",
        NODE: "processEntities without DOCTYPE support, or refuse a document with <!DOCTYPE",
        PYTHON: "defusedxml, or lxml with resolve_entities=False and no_network=True; or refuse a document with <!DOCTYPE",
    },
    "errors": {
        PHP: "display_errors = Off; answer 400 where the document is not readable",
        DOTNET: 'customErrors mode="On" (or no UseDeveloperExceptionPage); catch what the parser throws and answer 400',
        NODE: "NODE_ENV=production and an error handler of your own that answers 400; express prints the stack otherwise",
        PYTHON: "DEBUG off; catch what the parser raises (ParseError, KeyError, ValueError) and answer 400",
    },
    "answer": {
        PHP: "nothing before the document: no BOM, no blank line before <?php, display_errors = Off; header('Content-Type: text/xml'), "
        "htmlspecialchars($value, ENT_QUOTES | ENT_XML1)",
        DOTNET: 'answer with Content(text, "text/xml") and nothing else: no layout, no BOM (new UTF8Encoding(false))',
        NODE: "res.type('text/xml').send(text); answer JSON only where JSON was asked",
        PYTHON: "Response(text, content_type='text/xml'); answer JSON only where JSON was asked; escape(value, {\"'\": '&apos;'})",
    },
    "variables": {ANY: "VarName: A-Z a-z 0-9, at most 15. VarValue: printable ISO-8859-1; replace what is not in it before you write it"},
    "state": {
        PHP: "no file or shared memory that two requests write without a lock",
        DOTNET: "no static field for what belongs to one request",
        NODE: "no module-level variable for what belongs to one request: an await lets another request in",
        PYTHON: "no global for what belongs to one request: other threads answer other calls at the same moment",
    },
    "speed": {ANY: "the caller hears silence meanwhile: answer from a cache or an index, and do what is slow after the answer"},
    "http": {ANY: "let a current web server (nginx, Apache, IIS) stand in front; it does HTTP/1.0, Expect and kept connections right"},
    "chain": {
        ANY: "have the server send its certificate and then each intermediate (nginx: fullchain.pem in ssl_certificate); with an "
        "authority of your own, --ca-bundle names it"
    },
    "address": {ANY: "give the provider the URL that answers, with its scheme, host and final slash"},
    "events": {ANY: "answer any event with 200 once it is noted, whatever else is known of its call; key it by line and call id"},
    "once": {
        PHP: "check and read all of it first; a UNIQUE key over line, call id and event, INSERT IGNORE (MySQL) or ON CONFLICT DO NOTHING, "
        "and count where a row came to be; no SELECT before it, as two come at once",
        DOTNET: "check and read all of it first; a unique index over line, call id and event: insert, and what violates it was here before",
        NODE: "check and read all of it first; a unique index over line, call id and event: insert (ON CONFLICT DO NOTHING), and count "
        "where rowCount is 1",
        PYTHON: "infocaller_cli.receive(body, ..., seen=SqliteSeen('events.db')) and event.repeated; or a unique key, and insert first",
    },
}  # fmt: skip

_SIGNS = (
    (PHP, r"(?i)x-powered-by: php"),
    (DOTNET, r"(?i)x-aspnet|x-powered-by: asp\.net|server: (microsoft-iis|kestrel)"),
    (NODE, r"(?i)x-powered-by: express"),
    (PYTHON, r"(?i)server: (werkzeug|wsgiserver|gunicorn|uvicorn|waitress|hypercorn|daphne)"),
)


def language_of(reply: RawResponse | None) -> str:
    """The language that an answer's headers give away; "" where they do not."""
    if reply is None:
        return ""
    found = {name: header(reply.headers, name.encode()).decode("latin-1") for name in _HEADS}
    head = "\n".join(f"{name}: {value}" for name, value in found.items() if value)
    return next((language for language, sign in _SIGNS if re.search(sign, head)), "")


_HEADS = ("x-powered-by", "server", "x-aspnet-version", "x-aspnetmvc-version")


def mend(topic: str, language: str = "") -> dict[str, str]:
    """Language -> how it is mended; of one language where that is known."""
    found = MENDS[topic]
    return {language: found[language]} if language in found else found
