"""URL variables: the six, in any spelling of the brackets, percent-encoded."""

from urllib.parse import unquote, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infocaller_cli.codec import Document
from infocaller_cli.errors import UsageError
from infocaller_cli.traffic.send.urls import VARIABLES, derived_uuid, expand


def document(caller="911", call="7"):
    return Document({"UserID": {"LineNumber": "5", "CallSequence": call}, "Infocaller": {"CallerNumber": caller, "InboundNumber": "9"}})


def test_each_of_the_six():
    url = "".join(f"/[{name}]" for name in VARIABLES)
    expanded = expand(url, document(), "DESVIO_FALLIDO", diverted_to="204", uuid="0" * 8 + "-0000-0000-0000-" + "0" * 12)
    assert expanded.url == "/911/5/9/7/00000000-0000-0000-0000-000000000000/204"
    assert expanded.used == set(VARIABLES)


@pytest.mark.parametrize("use", ["[_IdLlamada]", "%5B_IdLlamada%5D", "%5b_IdLlamada%5d", "[_IdLlamada%5D"])
def test_brackets_may_be_encoded(use):
    assert expand(f"http://x/?a={use}&b={use}", document(), "FIN").url == "http://x/?a=7&b=7"


@pytest.mark.parametrize("name", ["_idllamada", "_IdLlamadas", "_", "_IDLLAMADA"])
def test_an_unknown_variable_names_the_six(name):
    with pytest.raises(UsageError) as caught:
        expand(f"http://x/[{name}]", document(), "FIN")
    assert all(f"[{known}]" in caught.value.why for known in VARIABLES)


def test_what_is_no_variable_stays():
    url = "http://[::1]:80/[a]?b=[1]&c=%5Bx%5D"
    assert expand(url, document(), "FIN") == (url, frozenset())


def test_a_query_may_use_all_of_them():
    assert expand("/[_NumDesvio]", document(), None).url == "/"


@given(st.text())
def test_any_value_is_one_value(caller):
    expanded = expand("http://x/?a=[_NumLlamante]&b=1", document(caller.encode("utf-8", "replace").decode()), "FIN").url
    query = urlsplit(expanded).query
    assert query.endswith("&b=1")
    assert query.count("&") == 1
    assert unquote(query[2:-4]) == caller.encode("utf-8", "replace").decode()


def test_the_uuid_is_the_calls():
    assert derived_uuid(document()) == derived_uuid(document(caller="other"))
    assert derived_uuid(document()) != derived_uuid(document(call="8"))
    assert str(UUID(derived_uuid(document()))) == derived_uuid(document())
