"""Content-Encoding taken off: what is read, what is refused, and how much memory a bomb takes."""

import gzip
import zlib

import pytest

from infocaller_cli.errors import DecodeError
from infocaller_cli.traffic.http.content import charset_of, unpacked

TEXT = b"<ApiCall>\xe9</ApiCall>" * 10
RAW = zlib.compressobj(wbits=-15)
READ = {
    "none": ("", TEXT),
    "identity": ("identity", TEXT),
    "gzip": ("gzip", gzip.compress(TEXT)),
    "old name, other case": ("X-GZip", gzip.compress(TEXT)),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "deflate without its head": ("deflate", RAW.compress(TEXT) + RAW.flush()),
    "both, in order": ("deflate, identity, gzip", gzip.compress(zlib.compress(TEXT))),
    "something behind it": ("gzip", gzip.compress(TEXT) + b"\0\0"),
    "unpacked by a recorder": ("gzip", TEXT),
    "unpacked by a recorder, another": ("br", TEXT),
}


@pytest.mark.parametrize("case", READ)
def test_read(case):
    encoding, body = READ[case]
    assert unpacked(body, encoding) == TEXT


ZEROS = gzip.compress(bytes(1 << 25), 1)
REFUSED = {
    "cut off": ("gzip", gzip.compress(TEXT)[:-9], "cut off"),
    "damaged": ("gzip", b"\x1f\x8b\x08" + b"\0" * 7 + b"\xff" * 20, "not packed as"),
    "another": ("br", b"\x1b\x03", "br is neither"),
    "no deflate": ("deflate", b"\xff\x01\xff", "not packed as"),
    "packed too often": ("gzip, gzip, gzip, gzip", gzip.compress(TEXT), "4 times"),
    "a bomb": ("gzip", ZEROS, "over 16,777,216 bytes"),
    "a bomb in a bomb": ("gzip,gzip", gzip.compress(ZEROS), "over 16,777,216 bytes"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    encoding, body, why = REFUSED[case]
    with pytest.raises(DecodeError, match="the answer is not readable") as caught:
        unpacked(body, encoding)
    assert why in str(caught.value)


def test_nothing_is_empty_in_every_encoding():
    assert unpacked(b"", "gzip") == b""


def test_as_large_as_is_allowed():
    assert len(unpacked(gzip.compress(b"\0" * 1000), "gzip", limit=1000)) == 1000


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [("text/xml; charset=UTF-8", "UTF-8"), ('text/xml;a=b; Charset = "iso-8859-1"', "iso-8859-1"), ("text/xml", ""), (None, "")],
)
def test_charset(content_type, charset):
    assert charset_of(content_type) == charset
