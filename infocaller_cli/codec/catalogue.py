"""The rule catalogue: codes, levels and explanations. Codes are stable and public.

`wrong` and `right` are fragments of a document of `kind` (whole documents where they begin with the root or before it);
the tests put them into a document and see the rule fire and fall silent.
"""

from __future__ import annotations

from typing import NamedTuple

from .model import Level


class Rule(NamedTuple):
    """One rule: what it says, why it matters, an example and its fix."""

    code: str
    level: Level
    title: str
    why: str
    kind: str
    wrong: str
    right: str


_OPEN = '<ApiCall xmlns="http://tempuri.org/">'
_SHORT = f"{_OPEN}<Status><Result>0</Result><ResultText>OK</ResultText></Status><CustVars></CustVars></ApiCall>"

# A judgement on anything else would be worth nothing without these
NEVER_IGNORED = frozenset({"IC001", "IC002", "IC007"})

_ALL = (
    Rule(
        "IC001", "error", "the document cannot be parsed",
        "Usual causes: text or a blank line before the XML declaration (a PHP warning), an HTML error page, an empty body, "
        "an HTML entity such as &ntilde;, an element or object where text belongs.",
        "response", f"Warning: Undefined variable $x in answer.php on line 3\n{_SHORT}", _SHORT,
    ),
    Rule(
        "IC002", "error", "the root is not ApiCall",
        "Infocaller looks for ApiCall, in exactly these letters, as the root element (XML) or the only key (JSON).",
        "response", _SHORT.replace("ApiCall", "apicall"), _SHORT,
    ),
    Rule(
        "IC003", "warning", "namespace missing (warning) or another one (error)",
        "The root declares http://tempuri.org/ and the elements below inherit it. A strict receiver finds nothing without it.",
        "response", _SHORT.replace(' xmlns="http://tempuri.org/"', ""), _SHORT,
    ),
    Rule(
        "IC004", "warning", "unknown field or section (warning); variables of an answer as keys of CustVars (error)",
        "Nobody documents this name, attribute or text, so no receiver looks at it. A misprint is the usual reason. Where an answer's "
        "variables are written as keys of CustVars, the call gets none of them.",
        "event", "<CallerNumber>911888920</CallerNumber><CallerName>Ana</CallerName>", "<CallerNumber>911888920</CallerNumber>",
    ),
    Rule(
        "IC005", "error", "duplicate field or section",
        "Two readers could pick two different values: one checks the signature of the first, the other acts on the second.",
        "event", "<LineNumber>123456789</LineNumber><LineNumber>987654321</LineNumber>", "<LineNumber>123456789</LineNumber>",
    ),
    Rule(
        "IC006", "warning", "a declared encoding is unknown, or contradicted by the bytes",
        "Readers here trust the bytes, others trust the label and show broken accents. Declare what you write, or write only ASCII "
        "with character references.",
        "response", f'<?xml version="1.0" encoding="ISO-8859-5"?>{_SHORT}', f'<?xml version="1.0" encoding="UTF-8"?>{_SHORT}',
    ),
    Rule(
        "IC007", "error", "DOCTYPE or entity declaration",
        "No document of this protocol has one, and it is the door of entity bombs and of reads of local files. It is refused unread.",
        "response", f'<!DOCTYPE ApiCall [<!ENTITY a "b">]>{_SHORT}', _SHORT,
    ),
    Rule(
        "IC008", "error", "required section missing, or CustVars of an answer holds what is no CustVar",
        "An event and a query need UserID and Infocaller, a fin Status too, a response Status and CustVars. "
        "A missing CustVars in an event, a query or a fin is a warning. In an answer each variable is a CustVar "
        "with VarName and VarValue in CustVars; no variable is looked for anywhere else.",
        "response", f"{_OPEN}<Status><Result>0</Result><ResultText>OK</ResultText></Status></ApiCall>", _SHORT,
    ),
    Rule(
        "IC009", "warning", "JSON value type differs from the documented one",
        "CostRX and CostTX are numbers, everything else is a string. A telephone number written as a number loses its leading zeros.",
        "event", '"CallerNumber": 911888920', '"CallerNumber": "911888920"',
    ),
    Rule(
        "IC010", "warning", 'JSON container is an object, null, "" or [] where an array is documented',
        'Converters from XML write a single variable as an object and none as null or "". The page shows arrays, always.',
        "event", '"CustVar": {"VarName": "PEDIDO", "VarValue": "2"}', '"CustVar": [{"VarName": "PEDIDO", "VarValue": "2"}]',
    ),
    Rule(
        "IC011", "warning", "repaired by --lenient",
        "The slip is one of the provider's printed samples. Infocaller's receivers need not be so patient.",
        "response", _SHORT.replace('="http://tempuri.org/">', '="http://tempuri.org/" encoding=”ISO-8859-1”>'), _SHORT,
    ),
    Rule(
        "IC101", "error", "LineNumber missing or not digits",
        "LineNumber is the main number of the service in national form. It is the first part of what is signed.",
        "event", "<LineNumber>+34 123456789</LineNumber>", "<LineNumber>123456789</LineNumber>",
    ),
    Rule(
        "IC102", "warning", "LineNumberInt not digits only, or does not end with LineNumber",
        "It is LineNumber with the country code before it, without a plus. (The page's JSON sample, where both are equal, is accepted.)",
        "event", "<LineNumberInt>+34123456789</LineNumberInt>", "<LineNumberInt>34123456789</LineNumberInt>",
    ),
    Rule(
        "IC103", "error", "CallSequence missing or not digits",
        "CallSequence is the call's unique id, and the second part of what is signed.",
        "event", "<CallSequence>98565656-1</CallSequence>", "<CallSequence>98565656</CallSequence>",
    ),
    Rule(
        "IC104", "error", "Signature missing or not 32 hexadecimal digits",
        "The signature is the MD5 of LineNumber + CallSequence + telephone password as hexadecimal text; not Base64, not SHA-1.",
        "event", "<Signature>rnPksWooBybytvsvSPQyag==</Signature>", "<Signature>ae73e4b16a280726fb2e0e6bfb43902a</Signature>",
    ),
    Rule(
        "IC105", "error", "Signature does not match",
        "Checked only where the telephone password is known. `infocaller verify --explain` looks for the usual mistakes. "
        "A match proves line and call id, nothing else.",
        "event", "<Signature>00000000000000000000000000000000</Signature>", "<Signature>ae73e4b16a280726fb2e0e6bfb43902a</Signature>",
    ),
    Rule(
        "IC201", "error", "CallType neither R nor E",
        "R is a call received, E one issued. Missing or empty is a warning: the page's own example leaves it out.",
        "event", "<CallType>IN</CallType>", "<CallType>R</CallType>",
    ),
    Rule(
        "IC202", "error", "CallerNumber neither digits nor X",
        "Digits with at most one plus before them, or X where the caller is hidden. In an issued call the caller is the Infocaller "
        "number and cannot be hidden. Missing or empty is a warning.",
        "event", "<CallerNumber>anonymous</CallerNumber>", "<CallerNumber>X</CallerNumber>",
    ),
    Rule(
        "IC203", "error", "another number field is not digits with at most one leading +",
        "Spaces, dots and brackets do not belong in a number. Empty is fine; CallerNumberInt may be X where CallerNumber is.",
        "event", "<InboundNumber>900 805 089</InboundNumber>", "<InboundNumber>900805089</InboundNumber>",
    ),
    Rule(
        "IC204", "warning", "a FIN-only field has a value in another kind",
        "Duration, dates and costs are known when the call is over. Zero seconds, zero and null costs do not count.",
        "query", "<QueryName>ESTADO PEDIDO</QueryName><CallSeconds>95</CallSeconds>", "<QueryName>ESTADO PEDIDO</QueryName>",
    ),
    Rule(
        "IC205", "error", "fin lacks CallSeconds, StartDate or EndDate",
        "A call that has ended has a start, an end and a duration.",
        "fin", "<CallSeconds></CallSeconds>", "<CallSeconds>95</CallSeconds>",
    ),
    Rule(
        "IC206", "error", "CallSeconds not a whole number >= 0",
        "The duration is in whole seconds, without a unit or a decimal part.",
        "fin", "<CallSeconds>1:35</CallSeconds>", "<CallSeconds>95</CallSeconds>",
    ),
    Rule(
        "IC207", "error", "a date is not yyyy-mm-ddThh:mm:ss, or is no real date",
        "Dates are local times of the line. A fraction or an offset behind them is a warning.",
        "fin", "<StartDate>23/11/2026 10:00:00</StartDate>", "<StartDate>2026-11-23T10:00:00</StartDate>",
    ),
    Rule(
        "IC208", "error", "EndDate before StartDate",
        "A call ends after it starts. Where the clock was put back an hour during the call, CallSeconds proves it, and this is silent.",
        "fin", "<EndDate>2026-11-23T09:58:25</EndDate>", "<EndDate>2026-11-23T10:01:35</EndDate>",
    ),
    Rule(
        "IC209", "warning", "CallSeconds differs from EndDate - StartDate by more than 1 s",
        "One of the three is wrong. An hour more or less is a clock change and silent.",
        "fin", "<CallSeconds>59</CallSeconds>", "<CallSeconds>95</CallSeconds>",
    ),
    Rule(
        "IC210", "error", "cost not a decimal >= 0",
        "Costs are decimal numbers with a point and no currency. Empty (null in JSON) is fine.",
        "fin", "<CostRX>0,120000</CostRX>", "<CostRX>0.120000</CostRX>",
    ),
    Rule(
        "IC211", "warning", "issued call (E) without OutboundNumber",
        "An issued call has a destination.",
        "event", "<CallType>E</CallType>", "<CallType>R</CallType>",
    ),
    Rule(
        "IC212", "error", "QueryName missing or blank in a query",
        "The name tells the application what it is asked. (White space around a name is ignored when it is matched.)",
        "query", "<QueryName> </QueryName>", "<QueryName>ESTADO PEDIDO</QueryName>",
    ),
    Rule(
        "IC301", "warning", "an Event outside fin",
        "The list of actions is complete only when the call is over, and only a fin carries it. An empty list is silent.",
        "response",
        "<Status><Events><Event><EventType>1</EventType><EventDate>2026-11-23T10:00:05</EventDate></Event></Events><Result>0</Result><ResultText>OK</ResultText></Status>",
        "<Status><Result>0</Result><ResultText>OK</ResultText></Status>",
    ),
    Rule(
        "IC302", "error", "EventType not a whole number",
        "EventType is the code of the action; its description is EventName.",
        "fin", "<EventType>menu</EventType>", "<EventType>6</EventType>",
    ),
    Rule(
        "IC303", "warning", "EventType code not documented",
        "The provider may have added an action. It is kept and shown with its number.",
        "fin", "<EventType>99</EventType>", "<EventType>6</EventType>",
    ),
    Rule(
        "IC304", "error", "EventDate bad",
        "Every action has a moment, written as yyyy-mm-ddThh:mm:ss. A fraction or an offset behind it is a warning.",
        "fin", "<EventDate>10:00:05</EventDate>", "<EventDate>2026-11-23T10:00:05</EventDate>",
    ),
    Rule(
        "IC305", "warning", "actions not in time order",
        "Actions are listed as they happened. In a call whose CallSeconds prove that the clock was put back, one "
        "step back of an hour at most is that change, and silent.",
        "fin",
        "<Events><Event><EventType>1</EventType><EventDate>2026-11-23T10:00:40</EventDate></Event>"
        "<Event><EventType>6</EventType><EventDate>2026-11-23T10:00:05</EventDate></Event></Events>",
        "<Events><Event><EventType>1</EventType><EventDate>2026-11-23T10:00:05</EventDate></Event>"
        "<Event><EventType>6</EventType><EventDate>2026-11-23T10:00:40</EventDate></Event></Events>",
    ),
    Rule(
        "IC306", "warning", "action outside the call's start and end",
        "End of call (7), e-mail (11) and SMS (12) may follow the end; nothing precedes the start. Two seconds are allowed for, "
        "and nothing is judged across a clock change that CallSeconds prove.",
        "fin", "<EventDate>2026-11-23T10:30:00</EventDate>", "<EventDate>2026-11-23T10:00:05</EventDate>",
    ),
    Rule(
        "IC307", "warning", "EventAddInfo contradicts EventType",
        "A call (2) has whole seconds in EventAddInfo3 and an amount in EventAddInfo4; end of call (7) and SMS (12) an amount in "
        "EventAddInfo4; an API query (17) 0 or 1 in EventAddInfo1. Empty is fine.",
        "fin",
        "<Event><EventType>17</EventType><EventDate>2026-11-23T10:00:05</EventDate><EventAddInfo1>OK</EventAddInfo1></Event>",
        "<Event><EventType>17</EventType><EventDate>2026-11-23T10:00:05</EventDate><EventAddInfo1>0</EventAddInfo1></Event>",
    ),
    Rule(
        "IC401", "error", "VarName is not 1 to 15 of A-Z a-z 0-9",
        "Appendix 2 of the provider's page: letters and digits, at most 15, no spaces or other characters.",
        "response",
        "<CustVar><VarName>ORDER_STATUS</VarName><VarValue>2</VarValue></CustVar>",
        "<CustVar><VarName>ORDERSTATUS</VarName><VarValue>2</VarValue></CustVar>",
    ),
    Rule(
        "IC402", "error", "VarValue or ResultText holds a character outside printable ASCII and ISO-8859-1",
        "Appendix 3: the printable characters of ASCII and ISO-8859-1. The euro sign and curly quotes are Windows-1252, not ISO-8859-1; "
        "line breaks and tabs are not printable. U+FFFD is what is left of a letter where ISO-8859-1 was decoded as UTF-8; two letters for "
        "one (PeticiÃ³n) are UTF-8 decoded as ISO-8859-1, a warning where all are allowed. Decode the bytes of the form, or of the "
        "answer, first.",
        "response", "<ResultText>12 €</ResultText>", "<ResultText>12 EUR</ResultText>",
    ),
    Rule(
        "IC403", "warning", "VarName twice in one document, or twice but for case",
        "Which of the two the call keeps is not documented.",
        "response",
        "<CustVar><VarName>PEDIDO</VarName><VarValue>2</VarValue></CustVar><CustVar><VarName>Pedido</VarName><VarValue>3</VarValue></CustVar>",
        "<CustVar><VarName>PEDIDO</VarName><VarValue>2</VarValue></CustVar>",
    ),
    Rule(
        "IC404", "warning", "XML VarValue in a response with > ' or \" not written as an entity",
        "Appendix 3 wants > < & ' \" as entities in values. Most XML libraries leave ' and \" as they are; CDATA is no entity. Go's "
        "encoding/xml, Ruby's REXML and fast-xml-parser's builder write all five. Elsewhere escape the value yourself and write it raw: "
        "htmlspecialchars($value, ENT_QUOTES | ENT_XML1) and XMLWriter::writeRaw in PHP, SecurityElement.Escape and XmlWriter.WriteRaw in "
        ".NET, xml.sax.saxutils.escape with a dictionary of both quotes in Python, StringEscapeUtils.escapeXml10 in Java. "
        "No receiver is known to break on a raw quote.",
        "response",
        "<CustVar><VarName>NAME</VarName><VarValue>D'Or</VarValue></CustVar>",
        "<CustVar><VarName>NAME</VarName><VarValue>D&apos;Or</VarValue></CustVar>",
    ),
    Rule(
        "IC405", "warning", "the decoded VarValue or ResultText still holds an entity or a percent escape",
        "It was escaped twice, or XML-escaped inside JSON. The call would say or dial the entity. An escape that is no UTF-8 (Jos%E9) is "
        "what frameworks leave of a form in ISO-8859-1: decode its bytes yourself.",
        "response",
        "<CustVar><VarName>NAME</VarName><VarValue>Tom &amp;amp; Ana</VarValue></CustVar>",
        "<CustVar><VarName>NAME</VarName><VarValue>Tom &amp; Ana</VarValue></CustVar>",
    ),
    Rule(
        "IC406", "warning", "VarValue begins or ends with white space",
        'A condition such as PEDIDO=2 may fail on "2 ".',
        "response",
        "<CustVar><VarName>PEDIDO</VarName><VarValue>2 </VarValue></CustVar>",
        "<CustVar><VarName>PEDIDO</VarName><VarValue>2</VarValue></CustVar>",
    ),
    Rule(
        "IC501", "error", "Result missing or empty",
        "0 means done; anything else runs the Query's error action. Without it Infocaller cannot know.",
        "response", "<Result></Result>", "<Result>0</Result>",
    ),
    Rule(
        "IC502", "warning", "ResultText missing",
        "The page shows Result and ResultText together; the text is what you will find when you look for an error.",
        "response", "<Status><Result>0</Result></Status>", "<Status><Result>0</Result><ResultText>OK</ResultText></Status>",
    ),
    Rule(
        "IC503", "warning", "UserID or Infocaller in a response",
        "A response has Status and CustVars. The request's sections are not sent back.",
        "response",
        f"{_OPEN}<UserID></UserID><Status><Result>0</Result><ResultText>OK</ResultText></Status><CustVars></CustVars></ApiCall>",
        _SHORT,
    ),
    Rule(
        "IC504", "error", "HTTP: the answer does not fit the request",
        "An XML query is answered in XML, a JSON query in JSON (error). Content-Type says so too: text/xml or application/json (warning). "
        "Judged where the HTTP exchange is known: in a capture, and by send-query.",
        "response", "Content-Type: text/html", "Content-Type: text/xml",
    ),
)  # fmt: skip

RULES = {rule.code: rule for rule in _ALL}
