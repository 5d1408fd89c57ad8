"""How the time of every reading path grows with hostile bodies of 64 KB to 4 MB. `python tests/benchmarks/growth.py [WORD]`

Linear is 2.0 for twice the size. Prints what twice the size costs each path, and its seconds for a megabyte (not what is too fast to
measure), then the worst of all; ends with 1 where twice the size costs more than TARGET. WORD: only shapes with it in their name.

Where other programs share the machine's caches, one doubling says little (a megabyte more that no longer fits costs more than twice).
So the figure is the slope of a line through all sizes, or through the three largest, whichever is steeper: what is quadratic shows there.
It is CPU time, the best of ROUNDS; a path over TARGET is measured again, up to AGAIN times, and each size keeps its best.
A path's larger sizes are left out once one run takes over LIMIT. The collector rests meanwhile, as in `timeit`: its own passes over
what lives cost more than twice the size does.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import log2
from statistics import linear_regression
from time import process_time

from infocaller_cli.codec import Decoded, decode, encode
from infocaller_cli.codec.edit import edited, signing_edit
from infocaller_cli.codec.form import open_body
from infocaller_cli.codec.rules import validate
from infocaller_cli.errors import InfocallerError

TARGET = 2.2
ROUNDS, AGAIN = 3, 3
LIMIT = 0.5  # seconds
_NOISE = 0.03  # seconds: what is faster says nothing
_SMALLEST, _LARGEST = 64 * 1024, 4 * 1024 * 1024
_HUGE = 1 << 30

Times = dict[int, float]  # size in bytes -> seconds

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


def _decoded(body: bytes) -> Decoded | None:
    try:
        return decode(open_body(body).document, max_size=_HUGE, hint=False)
    except InfocallerError:
        return None


def _seconds(path: str, body: bytes, decoded: Decoded | None) -> float | None:
    """The best of the rounds; None where nothing can be read that the path would go on with."""
    if path in FROM_DOCUMENT and decoded is None:
        return None
    call = partial(FROM_BODY[path], body) if path in FROM_BODY else partial(FROM_DOCUMENT[path], body, decoded)
    best = 1e9
    for _ in range(ROUNDS):
        gc.collect()
        gc.disable()
        start = process_time()
        with suppress(InfocallerError):
            call()
        best = min(best, process_time() - start)
        gc.enable()
    return best


def _measure(shape: tuple[str, str, str], times: dict[str, Times]) -> None:
    """Measure these paths with every size; what is faster than before is kept."""
    size = _SMALLEST
    ended: set[str] = set()
    while size <= _LARGEST and len(ended) < len(times):
        body = _grown(shape, size)
        decoded = _decoded(body)
        for path, taken in times.items():
            if path not in ended and (seconds := _seconds(path, body, decoded)) is not None:
                taken[size] = min(seconds, taken.get(size, seconds))
                if seconds > LIMIT:
                    ended.add(path)
        size *= 2


def _slope(points: list[tuple[int, float]]) -> float:
    """What twice the size costs, by the line that fits best; linear is 2."""
    if len(points) < 2:
        return 0.0
    return float(2 ** linear_regression([log2(size) for size, _ in points], [log2(seconds) for _, seconds in points]).slope)


def _growth(taken: Times) -> float:
    """The steeper of all sizes and the three largest; 0 for what is too fast to say."""
    points = [point for point in taken.items() if point[1] > _NOISE]
    return max(_slope(points), _slope(points[-3:]))


def _paths(shape: tuple[str, str, str]) -> dict[str, Times]:
    times: dict[str, Times] = {path: {} for path in (*FROM_BODY, *FROM_DOCUMENT)}
    _measure(shape, times)
    for _ in range(AGAIN):
        if steep := {path: taken for path, taken in times.items() if _growth(taken) > TARGET}:
            _measure(shape, steep)
    return times


def main() -> int:
    """Measure and print; 1 where the target is missed."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    bytearray(_LARGEST * 7)  # as servers do: the allocator keeps what it once had, and no page is mapped anew for each block
    rows = []
    for name, shape in SHAPES.items():
        for path, taken in _paths(shape).items() if word in name else ():
            growth = _growth(taken)
            per_megabyte = max((seconds / size * 2**20 for size, seconds in taken.items() if seconds > _NOISE), default=0.0)
            rows.append((growth, per_megabyte, f"{name}, {path}"))
            if growth:
                print(f"{growth:5.2f} x  {per_megabyte:6.3f} s/MB  {name}, {path}", flush=True)
    if not rows:
        print(f"no shape has {word!r} in its name; they are: {', '.join(SHAPES)}", file=sys.stderr)
        return 2
    worst, steepest = max(rows, key=lambda row: row[1]), max(rows)
    print(f"the slowest: {worst[2]}, {worst[1]:.2f} s a megabyte; the steepest: {steepest[2]}, {steepest[0]:.2f} x for twice the size")
    return int(steepest[0] > TARGET)


if __name__ == "__main__":
    sys.exit(main())
