"""A plain answer is written in one go: what comes is what the writers make, and no check has a word about it."""

from hypothesis import given
from hypothesis import strategies as st

from infocaller_cli.codec import decode, encode
from infocaller_cli.codec.checks import ANSWER_CHECKS
from infocaller_cli.codec.model import Document
from infocaller_cli.codec.plain_answer import plain_answer
from infocaller_cli.codec.spec import FORMATS, Kind
from infocaller_cli.codec.subject import Subject

ODD = "aZ09 ~!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}\t\r\n\0\x1f\x7f\x85\xa0é\xc3\xa9\u2028\ud800😀"
TEXTS = st.text(st.sampled_from(ODD), max_size=6) | st.sampled_from(["", "2", "PEDIDO", "en reparto", "a~b", "&amp;", "%C3%A9", "Ã©"])
PLAIN = st.text(st.sampled_from("aZ09-~/"), min_size=1, max_size=6)
FORMAT = st.sampled_from(FORMATS)


def response(result, text, variables):
    return Document(
        {
            "Status": {"Result": result, "ResultText": text},
            "CustVars": {"CustVar": [{"VarName": name, "VarValue": value} for name, value in variables]},
        }
    )


def is_plain(document, format):
    written = plain_answer(document, format)
    if written is not None:
        assert written == encode(document, format)
        assert decode(written).document == document
        assert not [hit for check in ANSWER_CHECKS for hit in check(Subject(document, Kind.RESPONSE, None, None))]
    return written is not None


@given(TEXTS, TEXTS, st.lists(st.tuples(TEXTS, TEXTS), max_size=3), FORMAT)
def test_any_answer_is_written_alike_or_not_at_all(result, text, variables, format):
    is_plain(response(result, text, variables), format)


@given(PLAIN, PLAIN, st.dictionaries(st.from_regex("[A-Z0-9]{1,15}", fullmatch=True), PLAIN, max_size=5), FORMAT)
def test_a_plain_answer_is_written_at_once(result, text, variables, format):
    assert is_plain(response(result, text, variables.items()), format)


def test_what_is_not_plain():
    for format in FORMATS:
        assert is_plain(response("0", "", [("A", "1")]), format)
        assert not is_plain(response("", "", []), format)
        assert not is_plain(response("0", "", [("A", "1"), ("a", "2")]), format)
        for odd in ("a&b", "a ", "é", '"', "\\", "100%", "a\nb", "<"):
            assert not is_plain(response("0", odd, []), format)
            assert not is_plain(response("0", "", [("A", odd)]), format)
        for name in ("", "ABCDEFGHIJKLMNOP", "A_B", "Ñ", "A\n"):
            assert not is_plain(response("0", "", [(name, "1")]), format)
