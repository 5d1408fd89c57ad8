"""Conditions: how they are read, what holds, and which verdicts rest on a decision of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infocaller_cli.calls.conditions import OPERATORS, filled, parse
from infocaller_cli.errors import UsageError


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("PEDIDO = 2", ("PEDIDO", "=", "2")),
        ("PEDIDO=2", ("PEDIDO", "=", "2")),
        ("A>=1", ("A", ">=", "1")),
        ("A != x = y", ("A", "!=", "x = y")),
        ("A does  not start with the word", ("A", "does not start with", "the word")),
        ("A contains = ", ("A", "contains", "=")),
        ("_NumLlamante = X", ("_NumLlamante", "=", "X")),
        ("[A] ends with [B]", ("A", "ends with", "[B]")),
        ("A =", ("A", "=", "")),
    ],
)
def test_read(text, read):
    assert tuple(parse(text)) == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PEDIDO", "NAME OPERATOR VALUE"),
        ("PEDIDO start with 2", "did you mean starts with?"),
        ("PEDIDO is 2", "the operators are =, !=, >=,"),
        ("NUM-PEDIDO = 2", "NUMPEDIDO is one"),
        ("ABCDEFGHIJKLMNOP = 2", "1 to 15"),
        ("_NumLlamente = 2", "did you mean _NumLlamante?"),
        ("A = [_UUID]", "there is no variable _UUID"),
        ("A contains", "there is no value"),
        ("", "NAME OPERATOR VALUE"),
    ],
)
def test_what_cannot_be_read_is_said(text, said):
    with pytest.raises(UsageError) as error:
        parse(text)
    assert said in error.value.in_full


@pytest.mark.parametrize(
    ("text", "holds", "ours"),
    [
        ("A = 2", True, False),
        ("A = 2.0", True, True),
        ("A != 2.0", False, True),
        ("A > 10", False, True),  # as text "2" is greater
        ("A < 10", True, True),
        ("A >= 2", True, False),
        ("A <= 1", False, False),
        ("W = hola", True, False),
        ("W > casa", True, False),
        ("W = HOLA", False, False),
        ("W starts with ho", True, False),
        ("W does not start with ho", False, False),
        ("W contains ol", True, False),
        ("W does not contain ol", False, False),
        ("W ends with la", True, False),
        ("W does not end with la", False, False),
        ("A = [B]", True, True),
        ("B starts with 0", True, False),
        ("A = [NONE]", False, True),
        ("NONE != 1", False, True),
        ("NONE does not contain 1", False, True),
        ("EMPTY =", True, False),
    ],
)
def test_what_holds(text, holds, ours):
    verdict = parse(text).judge({"A": "2", "B": "02", "W": "hola", "EMPTY": ""})
    assert (verdict.holds, bool(verdict.ours)) == (holds, ours)


VALUES = st.text("0123456789.+-ab ", max_size=6)


@given(VALUES, VALUES)
def test_an_operator_and_its_opposite_never_agree(left, right):
    variables = {"A": left, "B": right}
    opposites = [("=", "!="), (">", "<="), ("<", ">=")]
    opposites += [(name, name.replace(*change)) for name in OPERATORS for change in [("starts", "does not start")] if name == "starts with"]
    opposites += [("contains", "does not contain"), ("ends with", "does not end with")]
    for one, other in opposites:
        assert parse(f"A {one} [B]").judge(variables).holds != parse(f"A {other} [B]").judge(variables).holds, (one, other)


@given(st.text(max_size=40))
def test_whatever_is_written_only_a_usage_error_comes(text):
    try:
        condition = parse(text)
    except UsageError:
        return
    assert condition.operator in OPERATORS


def test_texts_are_filled():
    assert filled("[A]-[B]-[a b]-[_NumLlamante]", {"A": "1", "_NumLlamante": "[A]"}) == "1--[a b]-[A]"
