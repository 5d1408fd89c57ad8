"""Bodies that are filled in: whatever a call holds, they are what the codec writes of its document."""

from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infocaller_cli.calls import Send
from infocaller_cli.codec import encode
from infocaller_cli.codec.form import wrap
from infocaller_cli.codec.sample import CallFields
from infocaller_cli.codec.spec import ACTIONS, NAMED_KINDS
from infocaller_cli.errors import InfocallerError
from infocaller_cli.traffic.simulate import bodies
from infocaller_cli.traffic.simulate.bodies import Style, body

START = datetime(2026, 11, 26, 23, 59, 58)  # noqa: DTZ001  the wire has local times
STYLES = [
    *(Style("xml", charset, as_printed) for charset in ("", "ascii", "utf-8", "iso-8859-1") for as_printed in (False, True)),
    *(Style("json", charset) for charset in ("", "ascii", "utf-8")),
]
# What has a meaning in XML, JSON, a form, or to the marks; and any character, those that no document can hold among them
TEXTS = st.text(max_size=12) | st.text(
    st.sampled_from("aZ09 <>&'\"\\/%+=&;\n\t\r[]\x00\x7f\u00e9\u00f1\u20ac\U0001f600\ufffe\ud800"), max_size=8
)
MARKS = st.integers(0, 12).map("Mark{}OfABody".format)
VALUES = TEXTS | MARKS | st.tuples(TEXTS, MARKS, TEXTS).map("".join) | st.text("0123456789", max_size=20)
CODES = st.sampled_from([str(code) for code in ACTIONS])
ACTION = st.tuples(CODES, VALUES) | st.tuples(CODES, VALUES, VALUES) | st.tuples(CODES, VALUES, VALUES, VALUES, VALUES, VALUES)


@st.composite
def sends(draw):
    kind = draw(st.sampled_from([name for name in NAMED_KINDS if name != "RESPONSE"]))
    actions = draw(st.lists(ACTION, max_size=4))
    fields = CallFields(
        line=draw(st.sampled_from(["123456789", "34123456789"]) | VALUES),
        call=draw(st.text("0123456789", min_size=1, max_size=12) | VALUES),
        call_type=draw(st.sampled_from([None, "R", "E"])),
        caller=draw(st.none() | st.sampled_from(["X", "911888920", "+34911"]) | VALUES),
        seconds=draw(st.integers(0, 10**6)),
        start=draw(st.sampled_from([START, datetime(9999, 12, 31)]) | st.datetimes()),  # noqa: DTZ001
        cost_rx=draw(st.sampled_from([None, "0", "0.34", "much"])),
        actions=tuple(actions),
        moments=tuple(draw(st.integers(0, 10**6)) for _ in actions),
        variables=tuple(draw(st.lists(st.tuples(st.sampled_from(["A", "PEDIDO", "Mark1OfABody"]) | TEXTS, VALUES), max_size=3))),
        query_name=draw(st.just("ESTADO PEDIDO") | VALUES),
    )
    return Send(0.0, 0, kind, kind, fields)


def outcome(make):
    """What is written, or the error's class and words."""
    try:
        return make()
    except InfocallerError as error:
        return type(error), error.in_full


def written(send, style, password):
    """The codec's own output."""
    return wrap(encode(send.document(style.format, password), style.format, charset=style.charset, as_printed=style.as_printed))


@settings(max_examples=1500, deadline=None)
@given(sends(), st.sampled_from(STYLES), st.sampled_from(["3956", "clave", "\u00f1\u00e9", "\u20ac"]))
@example(Send(0.0, 0, "Q", "QUERY", CallFields(start=START, variables=(), query_name=f"Mark{'9' * 5000}OfABody")), STYLES[0], "3956")
@example(Send(0.0, 0, "Q", "QUERY", CallFields(start=START, variables=(), query_name="Mark0OfABody")), STYLES[0], "3956")
# Bytes that could be read as UTF-8: then the whole document is written in another way
@example(
    Send(0.0, 0, "Q", "QUERY", CallFields(start=START, variables=(("A", "\u00c3\u00a9"), ("B", "\u00f1")))),
    Style("xml", "iso-8859-1"),
    "3956",
)
def test_it_is_what_the_codec_writes(send, style, password):
    wanted = outcome(lambda: written(send, style, password))
    assert outcome(lambda: body(send, style, password)) == wanted
    assert outcome(lambda: body(send, style, password)) == wanted  # of what was kept


def test_calls_of_one_script_share_a_body():
    """The codec writes the document once: what is proven above is not proven of itself."""
    bodies._ready.cache_clear()
    for number in range(50):
        actions = (("14", "Inicio"), ("4", "Su pedido", f"{number}"), ("1", f"Para {number} & otros: ñ"), ("7", "Fin"))
        fields = CallFields(
            call=f"{number}9", start=START + timedelta(seconds=number), seconds=number, actions=actions, moments=(0, 1, number, number),
            variables=(("NUMPEDIDO", f"{number}"), ("PEDIDO", "<2>")),
        )  # fmt: skip
        send = Send(0.0, 0, "FIN", "FIN", fields)
        assert body(send, Style("xml"), "3956") == written(send, Style("xml"), "3956")
    assert (bodies._ready.cache_info().misses, bodies._ready.cache_info().hits) == (1, 49)


@pytest.mark.parametrize("cache", [bodies._ready, bodies._field, bodies._date], ids=lambda cache: cache.__name__)
def test_what_is_kept_is_bounded(cache):
    assert cache.cache_info().maxsize <= 4096


def test_long_values_are_not_kept():
    bodies._field.cache_clear()
    send = Send(0.0, 0, "INICIO", "INICIO", CallFields(start=START, variables=(("A", "ñ" * 201),)))
    assert body(send, Style("json"), "3956") == written(send, Style("json"), "3956")
    assert bodies._field.cache_info().currsize == 0
