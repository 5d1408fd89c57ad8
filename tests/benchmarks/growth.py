"""How the time of every reading path grows with hostile bodies of 64 KB to 4 MB. `python tests/benchmarks/growth.py [WORD]`

Linear is 2.0 for twice the size. Prints each path's worst doubling and its seconds for a megabyte (not what is too fast to
measure), then the worst of all; ends with 1 where a doubling costs more than TARGET. WORD: only shapes with it in their name.
A path's larger sizes are left out once one run takes over LIMIT. The collector rests meanwhile, as in `timeit`: its own passes over
what lives cost more than twice the size does.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from time import process_time

from infocaller_cli.codec import Decoded, decode, encode
from infocaller_cli.codec.edit import edited, signing_edit
from infocaller_cli.codec.form import open_body
from infocaller_cli.codec.rules import validate
from infocaller_cli.errors import InfocallerError

TARGET = 2.2
LIMIT = 0.5  # seconds
_NOISE = 0.03  # seconds: what is faster says nothing
_SMALLEST, _LARGEST = 64 * 1024, 4 * 1024 * 1024
_HUGE = 1 << 30

# Name -> what stands before, what is repeated ("#" is its number), what stands behind
_OPEN, _CLOSE = "<ApiCall xmlns='http://tempuri.org/'>", "</ApiCall>"
_JSON, _END = '{"ApiCall": {', "}}"
_USER = '"UserID": {"LineNumber": "1", "CallSequence": "2", "Signature": ""}, '
_STATUS = '"Status": {"Result": "0", "ResultText": "%s"}'
SHAPES: dict[str, tuple[str, str, str]] = {
    "xml: <": ("", "<", ""),
    "xml: </": (_OPEN, "</", ""),
    "xml: <a>": (_OPEN, "<a>", ""),
    "xml: <!--": (_OPEN, "<!--", ""),
    "xml: comments": (_OPEN, "<!---->", _CLOSE),
    "xml: comments before": ("", "<!-- -->", _OPEN + _CLOSE),
    "xml: instructions": (_OPEN, "<?a?>", _CLOSE),
    "xml: CDATA": (f"{_OPEN}<Status><ResultText>", "<![CDATA[a]]>", f"</ResultText></Status>{_CLOSE}"),
    "xml: references": (f"{_OPEN}<Status><ResultText>", "&#65;&amp;", f"</ResultText></Status>{_CLOSE}"),
    "xml: bare ampersands": (f"{_OPEN}<Status><ResultText>", "& ", f"</ResultText></Status>{_CLOSE}"),
    "xml: undocumented": (_OPEN, "<a#/>", _CLOSE),
    "xml: undocumented in other cases": (_OPEN, "<STATUS/>", _CLOSE),
    "xml: nested and undocumented": (_OPEN, "<a#><b/></a#>", _CLOSE),
    "xml: duplicates": (_OPEN, "<UserID/>", _CLOSE),
    "xml: namespaces": (_OPEN, '<a xmlns="urn:#"/>', _CLOSE),
    "xml: a namespace that is no URI": ("<ApiCall xmlns=' u'>", "<a/>", _CLOSE),
    "xml: attributes": ("<ApiCall ", 'a#="" ', "/>"),
    "xml: attributes on fields": (_OPEN, "<UserID a=''/>", _CLOSE),
    "xml: stray text": (_OPEN, "a<b/>", _CLOSE),
    "xml: variables": (f"{_OPEN}<CustVars>", "<CustVar/>", f"</CustVars>{_CLOSE}"),
    "xml: whole variables": (
        f"{_OPEN}<CustVars>",
        "<CustVar><VarName>A#</VarName><VarValue>&amp;amp;'é</VarValue></CustVar>",
        f"</CustVars>{_CLOSE}",
    ),
    "xml: actions": (
        f"{_OPEN}<Status><Events>",
        "<Event><EventType>99</EventType><EventDate>2026-01-01T00:00:00</EventDate></Event>",
        f"</Events></Status>{_CLOSE}",
    ),
    "xml: line breaks": (_OPEN, "\n", _CLOSE),
    "xml: no-break spaces": (_OPEN, "\u00a0<b/>", _CLOSE),
    "xml: quotes in the root": ("<ApiCall a=", "\u201c", f">{_CLOSE}"),
    "xml: = in the root": ("<ApiCall ", "= ", f">{_CLOSE}"),
    "xml: end tags in another case": (_OPEN, "<Aa></AA>", _CLOSE),
    "xml: doctypes": ("", "<!DOCTYPE a>", ""),
    "json: {}": (f'{_JSON}"CustVars": {{"CustVar": [{{}}', ",{}", f"]}}{_END}"),
    "json: whole variables": (
        f'{_JSON}"CustVars": {{"CustVar": [{{}}',
        ',{"VarName": "A#", "VarValue": "&amp; é\u20ac"}',
        f"]}}{_END}",
    ),
    "json: actions": (f'{_JSON}"Status": {{"Events": {{"Event": [{{}}', ',{"EventType": "99", "EventDate": "x"}', f"]}}}}{_END}"),
    "json: variables as keys": (f'{_JSON}"CustVars": {{"A": ""', ',"A#": "2"', f"}}{_END}"),
    "json: undocumented": (f'{_JSON}"a": ""', ',"a#": 1', _END),
    "json: nested and undocumented": (f'{_JSON}"a": ""', ',"a#": [{}]', _END),
    "json: keys beside": ('{"ApiCall": {}', ',"a#": ""', "}"),
    "json: duplicates": (f'{_JSON}"UserID": ""', ',"UserID": ""', _END),
    "json: [": ("", "[", ""),
    "json: {": ("", '{"a":', ""),
    "json: quotes": ("{", '"', ""),
    "json: backslashes": ('{"', "\\", ""),
    "json: escapes": (f'{_JSON}"Status": {{"ResultText": "', "\\u00e9\\n", f'"}}{_END}'),
    "json: surrogates": (f'{_JSON}"Status": {{"ResultText": "', "\\ud83d\\ude00", f'"}}{_END}'),
    "json: digits": (f'{_JSON}"Infocaller": {{"CostRX": 1', "0", f"}}{_END}"),
    "json: white space": ("{", " \n", "}"),
    "json: no-break spaces": ("{", "\u00a0", "}"),
    "json: commas": ("[", ",", "]"),
    "json: unfinished": (f'{_JSON}"Status": {{"ResultText": "', "a", ""),
    "text: words": ("", "word ", ""),
    "text: {": ("x", "{ ", ""),
    "text: ampersands and braces": ("x", "&a={", ""),
    "text: white space": ("", " \n", "x"),
    "text: line breaks before": ("x", "\n", "<ApiCall/>"),
    "form: a=&": ("", "a=&", ""),
    "form: &": ("a", "&", ""),
    "form: %": ("apiInfocaller=", "%", ""),
    "form: escapes": ("apiInfocaller=%3C", "%41", ""),
    "form: escapes with line breaks": ("apiInfocaller=%3C", "%41\n", ""),
    "form: + and =": ("apiInfocaller=", "+=", ""),
    "form: names": ("", "apiInfocaller", "="),
    "multipart: --": ("", "--\n", ""),
    "multipart: parts": ("", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n', ""),
    "multipart: one head": ("--b\r\nContent-Disposition: form-data;", " name", "=a\r\n--b--\r\n"),
    "multipart: a head's white space": ("--b\r\nContent-Disposition", "\n", "\r\n--b--\r\n"),
    "multipart: line breaks": ("--b\r\n", "\r\n", "--b--\r\n"),
}


def _grown(shape: tuple[str, str, str], size: int) -> bytes:
    before, repeated, behind = (part.encode() for part in shape)
    if b"#" not in repeated:
        return before + repeated * (size // len(repeated)) + behind
    count = size // (len(repeated) + 3 * repeated.count(b"#"))
    return before + b"".join(repeated.replace(b"#", b"%d" % number) for number in range(count)) + behind


def _sign(body: bytes, decoded: Decoded) -> bytes:
    return edited(open_body(body), decoded, signing_edit(decoded, lambda: "1"))


# What begins with the body, and what goes on with what it reads as
FROM_BODY: dict[str, Callable[[bytes], object]] = {
    "open": open_body,
    "decode": lambda body: decode(open_body(body).document, max_size=_HUGE, hint=False),
    "decode, with a hint": lambda body: decode(open_body(body).document, max_size=_HUGE),
    "decode leniently": lambda body: decode(open_body(body).document, max_size=_HUGE, lenient=True),
}
FROM_DOCUMENT: dict[str, Callable[[bytes, Decoded], object]] = {
    "validate": lambda _, decoded: validate(decoded, password="1"),
    "write as XML": lambda _, decoded: encode(decoded.document, "xml", indent=True),
    "write as JSON": lambda _, decoded: encode(decoded.document, "json", indent=True),
    "sign": _sign,
}


def _seconds(call: Callable[..., object], *arguments: object) -> float:
    best = 1e9
    for _ in range(2):
        gc.collect()
        gc.disable()
        start = process_time()
        with suppress(InfocallerError):
            call(*arguments)
        best = min(best, process_time() - start)
        gc.enable()
        if best > LIMIT / 3:
            break
    return best


def _paths(shape: tuple[str, str, str]) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    """Each path's name, and its seconds for every size."""
    times: dict[str, list[tuple[int, float]]] = {name: [] for name in (*FROM_BODY, *FROM_DOCUMENT)}
    size = _SMALLEST
    while size <= _LARGEST:
        body = _grown(shape, size)
        try:
            decoded = decode(open_body(body).document, max_size=_HUGE, hint=False)
        except InfocallerError:
            decoded = None
        for name, taken in times.items():
            if taken and taken[-1][1] > LIMIT:
                continue
            if name in FROM_BODY:
                taken.append((size, _seconds(FROM_BODY[name], body)))
            elif decoded is not None:
                taken.append((size, _seconds(FROM_DOCUMENT[name], body, decoded)))
        size *= 2
    yield from times.items()


def main() -> int:
    """Measure and print; 1 where the target is missed."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    rows = []
    for shape_name, shape in SHAPES.items():
        if word in shape_name:
            for path, taken in _paths(shape):
                ratios = [after / before for (_, before), (_, after) in pairwise(taken) if before > _NOISE]
                per_megabyte = max((seconds / size * 2**20 for size, seconds in taken if seconds > _NOISE), default=0.0)
                rows.append((max(ratios, default=0.0), per_megabyte, f"{shape_name}, {path}"))
                if ratios:
                    print(f"{rows[-1][0]:5.2f} x  {per_megabyte:6.3f} s/MB  {rows[-1][2]}", flush=True)
    if not rows:
        print(f"no shape has {word!r} in its name; they are: {', '.join(SHAPES)}", file=sys.stderr)
        return 2
    worst = max(rows, key=lambda row: row[1])
    print(f"the slowest: {worst[2]}, {worst[1]:.2f} s a megabyte; the steepest: {max(rows)[2]}, {max(rows)[0]:.2f} x for twice the size")
    return int(max(rows)[0] > TARGET)


if __name__ == "__main__":
    sys.exit(main())
