"""The envelope: the form variable apiInfocaller in a urlencoded or multipart body, or the bare document.

Everything is bytes: decoding percent escapes straight to text would destroy ISO-8859-1 documents.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from typing import NamedTuple
from urllib.parse import quote_from_bytes

from ..errors import DecodeError
from .spec import FORM_VARIABLE, MAX_FIELDS

_NAME = FORM_VARIABLE.encode()
_ALONE = _NAME + b"="
# What a form leaves as it is; % and the space have their turns
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~% ")
FORM_TYPE = "application/x-www-form-urlencoded"
# The marks of a form to those of quoted-printable
_QUOTED = bytes.maketrans(b"+%", b" =")
# Byte order marks, white space and the zero bytes of UTF-16 before the first character of a bare document
_BEFORE_BARE = b"\xef\xbb\xbf\xff\xfe \t\r\n\f\v\0"
# Patterns are compiled at their first use: most commands need none of them
_ESCAPE = rb"%[0-9A-Fa-f]{2}"
_NO_ESCAPE = rb"%(?![0-9A-Fa-f]{2})"
_DISPOSITION = rb'(?im)^content-disposition\s*:[^\n]*[;\s]name\s*=\s*"?([^";\r\n]*)"?'
_BOUNDARY = r'(?i)boundary\s*=\s*(?:"([^"]+)"|([^;\s]+))'
_BLANK_LINE = rb"\r?\n\r?\n|\A\r?\n"


class Envelope(NamedTuple):
    """A body and the document in it: `body[start:end]`, percent-encoded where `encoded`."""

    body: bytes
    start: int
    end: int
    encoded: bool

    @property
    def document(self) -> bytes:
        """The document's bytes."""
        inside = self.body[self.start : self.end]
        return unquote(inside) if self.encoded else inside

    def replace(self, start: int, end: int, new: bytes) -> bytes:
        """The body with `document[start:end]` replaced, every other byte as it was."""
        if self.encoded:
            start, end = _raw_offset(self.body, self.start, start), _raw_offset(self.body, self.start, end)
            new = quote_from_bytes(new, safe="").encode()
        else:
            start, end = self.start + start, self.start + end
        return self.body[:start] + new + self.body[end:]


def open_body(body: bytes, content_type: str = "") -> Envelope:
    """Find the document in an HTTP body. Raises DecodeError where the variable is missing or given twice."""
    if body.startswith(_ALONE) and b"&" not in body and "multipart" not in content_type.lower():  # nearly all
        return Envelope(body, len(_ALONE), len(body.rstrip(b"\r\n")), encoded=True)
    if body.lstrip(_BEFORE_BARE)[:1] in (b"<", b"{", b"[", b""):
        return Envelope(body, 0, len(body), encoded=False)
    if content_type.lower().lstrip().startswith("multipart/") or body.lstrip().startswith(b"--"):
        return _multipart(body, content_type)
    start = last = 0
    at = fields = 0
    while at <= len(body):
        fields = _counted(fields, "fields")
        end = body.find(b"&", at)
        end = len(body) if end < 0 else end
        equals = body.find(b"=", at, end)
        if equals >= 0 and (body[at:equals] == _NAME or unquote(body[at:equals]).strip() == _NAME):
            if start:
                raise _twice()
            start, last = equals + 1, end
        at = end + 1
    if not start:
        # No form: let the reader say what stands there instead of a document
        return Envelope(body, 0, len(body), encoded=False)
    if body[start:last].lstrip()[:1] in (b"<", b"{") and body[last:].rstrip()[-1:] in (b">", b"}"):
        why = f"the value of {FORM_VARIABLE} ends at an unencoded &, and the document goes on"
        raise DecodeError("not readable", why, "encode it: curl --data-urlencode")
    stripped = body.rstrip(b"\r\n")  # a file's last line break belongs to nobody
    return Envelope(body, start, min(last, len(stripped)), encoded=True)


def as_posted(body: bytes) -> tuple[str, bytes]:
    """The Content-Type and the body with which a document is sent: a bare one becomes a form, a form or multipart body stays.

    Raises DecodeError as `open_body`.
    """
    envelope = open_body(body)
    if envelope.encoded:
        return FORM_TYPE, body
    if (envelope.start, envelope.end) == (0, len(body)):
        return FORM_TYPE, wrap(body)
    boundary = body.lstrip().split(b"\n", 1)[0].strip()[2:].decode("latin-1")
    return f'multipart/form-data; boundary="{boundary}"', body


def wrap(document: bytes) -> bytes:
    """The form body that holds a document."""
    return _NAME + b"=" + _quoted(document)


def _quoted(data: bytes) -> bytes:
    """What `urllib.parse.quote_plus` gives, several times as fast: a document of any length has few different characters."""
    quoted = data.replace(b"%", b"%25")
    for byte in set(data).difference(_PLAIN):
        quoted = quoted.replace(bytes((byte,)), b"%%%02X" % byte)
    return quoted.replace(b" ", b"+")


def unquote(text: bytes) -> bytes:
    """Percent escapes and plus signs to bytes, as `urllib.parse.unquote_to_bytes` does it, ten times faster.

    Quoted-printable is the same thing with = for %, and has a decoder in C, which makes one byte of three for every escape. Where
    it does not, a % begins no escape, or a line ends (which means more there): those are written as escapes first.
    """
    quoted = _quoted_printable(text)
    plain = a2b_qp(quoted)
    if len(plain) == len(quoted) - 2 * quoted.count(b"=") and b"\n" not in text and b"\r" not in text:
        return plain
    return a2b_qp(_quoted_printable(re.sub(_NO_ESCAPE, b"%25", text).replace(b"\n", b"%0A").replace(b"\r", b"%0D")))


def _quoted_printable(text: bytes) -> bytes:
    return text.replace(b"=", b"%3D").translate(_QUOTED)


def _raw_offset(body: bytes, start: int, count: int) -> int:
    """Where the decoded byte number `count` begins in a percent-encoded text that begins at `start`."""
    escape = re.compile(_ESCAPE)
    at = start
    for _ in range(count):
        at += 3 if escape.match(body, at) else 1
    return at


def _multipart(body: bytes, content_type: str) -> Envelope:
    given = re.search(_BOUNDARY, content_type)
    first_line = body.lstrip().split(b"\n", 1)[0].strip()
    boundary = b"--" + (given[1] or given[2]).encode("latin-1", "replace") if given else first_line
    found = None
    parts = 0
    at = body.find(boundary)
    while at >= 0:
        head = body.find(b"\n", at) + 1
        after = body.find(b"\n" + boundary, head - 1) if head else -1
        if after < 0:
            break
        parts = _counted(parts, "parts")
        blank = re.compile(_BLANK_LINE).search(body, head, after + 1)
        name = re.search(_DISPOSITION, body[head : blank.start() if blank else after])
        if blank and name and name[1] == _NAME:
            if found is not None:
                raise _twice()
            end = after - 1 if body[after - 1 : after] == b"\r" else after
            found = Envelope(body, blank.end(), max(end, blank.end()), encoded=False)
        at = after + 1
    if found is None:
        raise DecodeError("there is no document", f"the multipart body has no whole part named {FORM_VARIABLE}")
    return found


def _counted(number: int, what: str) -> int:
    """One more of a body's fields or parts: a form has a few, and looking at a million holds up whoever else is served."""
    if number == MAX_FIELDS:
        raise DecodeError("not readable", f"the form has more than {MAX_FIELDS:,} {what}")
    return number + 1


def _twice() -> DecodeError:
    return DecodeError("not readable", f"the form variable {FORM_VARIABLE} is given twice: which one counts, nobody can say")
