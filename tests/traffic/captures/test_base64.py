"""Bodies of captures: the fast reader and the standard library are one, to the word of an error."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infocaller_cli.traffic.captures import base64 as ours

ALPHABET = st.text("ABab01+/=\n -_\xe9\ud800", max_size=24)


@pytest.fixture(params=["fast", "standard"])
def reader(request, monkeypatch):
    if request.param == "standard":
        monkeypatch.setattr(ours, "_fast", None)
    else:
        pytest.importorskip("pybase64")
        assert ours._fast is not None
    return ours


def standard(text):
    return binascii.a2b_base64(text, strict_mode=True)


def outcome(read, text):
    try:
        return read(text)
    except ValueError as error:
        return str(error)


@given(data=st.binary(max_size=200), text=ALPHABET, at=st.integers(0, 300))
def test_what_is_read_and_refused(data, text, at):
    encoded = base64.b64encode(data).decode()
    for one in (encoded, text, encoded[:at] + text + encoded[at:]):
        assert outcome(ours.to_bytes, one) == outcome(standard, one)


@given(data=st.binary(max_size=2000))
def test_there_and_back(data):
    assert ours.to_text(data) == base64.b64encode(data).decode()
    assert ours.to_bytes(ours.to_text(data)) == data


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("YXBp*", "Only base64 data is allowed"),
        ("=YXB", "Leading padding not allowed"),
        ("YQ==YQ==", "Excess data after padding"),
        ("YXB", "Incorrect padding"),
        ("YX\nBp", "Only base64 data is allowed"),
    ],
)
def test_the_words_of_a_refusal(reader, text, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        reader.to_bytes(text)
    assert reader.to_bytes("YXBp") == b"api"
