"""What Infocaller posts: made up as `infocaller sample` does it, signed, ready for a test client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..codec import encode, spec
from ..codec.call import FIELDS, foreign, refuse_foreign
from ..codec.form import FORM_TYPE, wrap
from ..codec.model import Document
from ..codec.rules import error_of
from ..codec.sample import CallFields, sample
from ..codec.values import as_text
from ..errors import UsageError
from ..spelling import nearest


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """One request of Infocaller's: `document`, and how it is written. `event` is its name, None for a query."""

    document: Document
    format: str
    event: str | None = None
    encoding: str = ""
    as_printed: bool = False

    @property
    def raw(self) -> bytes:
        """The bare document."""
        return encode(self.document, self.format, charset=self.encoding, as_printed=self.as_printed)

    @property
    def body(self) -> bytes:
        """The body of the POST, byte for byte: apiInfocaller=..., percent-encoded."""
        return wrap(self.raw)

    @property
    def content_type(self) -> str:
        """The Content-Type of the POST."""
        return FORM_TYPE

    @property
    def text(self) -> str:
        """The bare document as text. Raises ValueError where its bytes are not UTF-8: no test client would send them as they are."""
        try:
            return self.raw.decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError("the document is in ISO-8859-1, and a test client would send its text as UTF-8: post .body instead") from None

    @property
    def form(self) -> dict[str, str]:
        """The form for a test client that encodes it: {"apiInfocaller": ...}. Raises ValueError as `text`."""
        return {spec.FORM_VARIABLE: self.text}

    def url(self, url: str, *, diverted_to: str | None = None, uuid: str | None = None) -> str:
        """A URL or path with its variables ([_NumLlamante] and its like) filled in. Raises UsageError for an unknown one."""
        from ..traffic.send.urls import expand

        return expand(url, self.document, self.event, diverted_to=diverted_to, uuid=uuid).url

    def unsigned(self) -> Message:
        """The same without a signature."""
        return replace(self, document=self.document.without("UserID", "Signature"))

    def tampered(self) -> Message:
        """The same with a signature that looks right and is not."""
        signature = self.document.get("UserID", "Signature") or "0" * 32
        wrong = ("1" if signature[0] == "0" else "0") + signature[1:]
        return replace(self, document=self.document.changed("UserID", Signature=wrong))

    def __repr__(self) -> str:
        name = self.event or f"query {self.document.get('Infocaller', 'QueryName')!r}"
        return f"<Message: {name}, {self.format}, line {self.document.line}, call {self.document.call}>"


def message(
    name: str,
    password: str,
    variables: Mapping[str, str | int] | None,
    values: dict[str, Any],
    *,
    format: str,
    encoding: str = "",
    as_printed: bool = False,
    query_name: str | None = None,
) -> Message:
    """A message of the kind `name` (a key of `spec.NAMED_KINDS`). `values` are named as in `codec.sample.CallFields`.

    Raises TypeError for a field that there is not, UsageError for what a valid document cannot hold.
    """
    __tracebackhide__ = True
    if format not in spec.FORMATS:
        raise UsageError(f"there is no format {format!r}", f"there are {' and '.join(spec.FORMATS)}")
    given = call_values(name, values)
    if variables is not None:
        given["variables"] = tuple((key, as_text(value, f"the value of {key!r}")) for key, value in variables.items())
    if query_name is not None:
        given["query_name"] = query_name
    document = sample(name, format, CallFields(**given), password, datetime.now())  # noqa: DTZ005  the wire has local times
    if wrong := error_of(document, format, spec.NAMED_KINDS[name]):
        raise UsageError(f"the document would not be valid ({wrong.code})", wrong.message)
    return Message(document, format, None if query_name is not None else name, encoding, as_printed)


def call_values(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Fields of a call as they were given, read. Raises TypeError for one that there is not or a wrong type, UsageError."""
    __tracebackhide__ = True
    for field in values:
        if field not in FIELDS:
            hint = nearest(field, FIELDS)
            raise TypeError(f"a call has no field {field!r}: {hint or 'the fields are ' + ', '.join(FIELDS)}")
    given = {field: value for field, value in values.items() if value is not None}
    refuse_foreign(name, [*foreign(name, set(given))])
    return {field: FIELDS[field].read(value, field) for field, value in given.items()}
