"""The one reading of URLs: what is written to the wire, what is refused, and that no password is shown."""

import base64

import pytest

from infocaller_cli.errors import UsageError
from infocaller_cli.traffic.http.url import masked, parse_url

# Text -> (host, port, Host header, request target, user and password)
READ = {
    "http://h": ("h", 80, "h", "/", ""),
    "HTTP://H:80/": ("h", 80, "h", "/", ""),
    "https://h:443/x": ("h", 443, "h", "/x", ""),
    "https://h:80/x": ("h", 80, "h:80", "/x", ""),
    " http://h:8080/x \n": ("h", 8080, "h:8080", "/x", ""),
    "http://[::1]:8080/x": ("::1", 8080, "[::1]:8080", "/x", ""),
    "http://espa\u00f1a.es/\u00e9 \u00e9?\u00e9=a b#part": (
        "xn--espaa-rta.es",
        80,
        "xn--espaa-rta.es",
        "/%C3%A9%20%C3%A9?%C3%A9=a%20b",
        "",
    ),
    "http://h/%E9%2f?%zz": ("h", 80, "h", "/%E9%2f?%zz", ""),
    "http://h/\udce9?\udcff": ("h", 80, "h", "/%E9?%FF", ""),  # bytes of a command line that are no UTF-8
    "http://h?a=/?": ("h", 80, "h", "/?a=/?", ""),
    "http://h/a/../b/./c/..": ("h", 80, "h", "/b/", ""),
    'http://h/<"\\^`{|}>[]': ("h", 80, "h", "/%3C%22%5C%5E%60%7B%7C%7D%3E%5B%5D", ""),
    "http://me:a:b%40c@h/": ("h", 80, "h", "/", "me:a:b@c"),
    "http://me@h/": ("h", 80, "h", "/", "me:"),
    "http://\u00f1 :%E9@h/": ("h", 80, "h", "/", b"\xc3\xb1 :\xe9"),
    "http://@h/": ("h", 80, "h", "/", ""),
}


@pytest.mark.parametrize("text", READ)
def test_what_is_written(text):
    host, port, authority, target, login = READ[text]
    url = parse_url(text)
    assert (url.host, url.port, url.authority, url.target) == (host, port, authority, target)
    login = login.encode() if isinstance(login, str) else login
    assert url.login == (b"Basic " + base64.b64encode(login) if login else b"")
    assert str(url) == f"{url.scheme}://{authority}{target}"
    assert parse_url(str(url))[:6] == url._replace(path=url.path or b"/")[:6]


@pytest.mark.parametrize(
    "text",
    [
        "", "h/x", "ftp://h/", "http:///x", "http://h:0/", "http://h:x/", "http://h:70000/", "http://a b/", "http://h\x01/", "http://a..b/",
        "http://[::1/", f"http://{'a' * 64}.es/", "http://\udce9/", "http://me:s3cret@\u2100/", "http://me:s3cret@h:0/", "http://me:s3/cret@h/",
        "http://me:s3?cret@h/", "http://me:s3#cret@h/", "http://[x:s3cret@h/",
    ],
)  # fmt: skip
def test_what_is_refused_shows_no_password(text):
    with pytest.raises(UsageError) as caught:
        parse_url(text)
    assert "cret" not in f"{caught.value}{caught.value.why}{caught.value.hint}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:s3cret@h:80/a@b", "http://me:***@h:80/a@b"),
        ("http://me:s3@cret@h/", "http://me:***@h/"),
        ("http://h:80/a@b", "http://h:80/a@b"),
        ("http://h/a:b@c", "http://h/a:b@c"),
        ("http://[::1]:80/a@b", "http://[::1]:80/a@b"),
        ("http://me:s3/cret@h/x@y", "http://me:***@h/x@y"),
        ("no URL", "no URL"),
    ],
)
def test_masked(text, shown):
    assert masked(text) == shown
