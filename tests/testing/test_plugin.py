"""The pytest plugin in real runs of small suites, each in a process of its own: what it costs, and what failures say."""

import subprocess
import sys
from textwrap import dedent

import pytest

ORDERS = """
from infocaller_cli import QueryError

def status(query):
    if not query.variables.get("NUMPEDIDO"):
        raise QueryError("no order number")
    return {"PEDIDO": 2}
"""


@pytest.fixture
def suite(pytester):
    """A function: runs a suite; `more` are other files by name. Warnings are errors, as here."""
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    pytester.syspathinsert()

    def run(text, *options, **more):
        pytester.makepyfile(orders=ORDERS, test_it=dedent(text), **more)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)

    return run


def said(result):
    """The lines of failures."""
    return [line.removeprefix("E").removeprefix("       ") for line in result.outlines if line.startswith("E  ")]


def test_a_suite_that_does_not_use_it_pays_next_to_nothing(suite):
    result = suite("import sys\ndef test(): print('modules:', *sorted(sys.modules))\n", "-s")
    result.assert_outcomes(passed=1)
    (line,) = [line for line in result.outlines if "modules: " in line]
    modules = line.split()
    ours = [name for name in modules if name.startswith("infocaller_cli")]
    assert ours == ["infocaller_cli", "infocaller_cli.testing", "infocaller_cli.testing.plugin"]
    assert not set(modules) & {"lxml", "lxml.etree", "orjson", "httpx", "httptools", "typer", "rich", "uvicorn", "tomllib"}


def test_importing_the_package_for_its_names_imports_nothing():
    script = "import sys; before = set(sys.modules); import infocaller_cli.testing; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["infocaller_cli", "infocaller_cli.testing"]


def test_every_name_is_there():
    from infocaller_cli import testing

    assert [getattr(testing, name).__name__ for name in testing.__all__] == testing.__all__
    with pytest.raises(AttributeError):
        testing.nothing  # noqa: B018


GOOD = """
    import orders, pytest
    from infocaller_cli.testing import Infocaller

    @pytest.mark.parametrize("format", ["xml", "json"])
    def test_status(infocaller: Infocaller, format: str):
        query = infocaller.query("ESTADO PEDIDO", {"NUMPEDIDO": 1}, format=format)
        assert infocaller.ask(orders.status, query).variables == {"PEDIDO": "2"}

    def test_nothing_given(infocaller):
        assert infocaller.ask(orders.status, "ESTADO PEDIDO").text == "no order number"
"""


@pytest.mark.parametrize("options", [[], ["-n", "2"], ["--assert=plain"], ["--import-mode=importlib"]])
def test_a_good_suite(suite, options):
    suite(GOOD, *options).assert_outcomes(passed=3)


def test_the_fixtures_are_listed_with_their_words(suite):
    lines = suite("", "--fixtures").outlines
    assert any("infocaller --" in line for line in lines), lines
    assert any("infocaller_password [session scope] --" in line for line in lines)


def test_it_can_be_left_out(suite):
    suite("def test(infocaller): pass\n", "-p", "no:infocaller").assert_outcomes(errors=1)


def test_the_password_is_overridden_in_a_conftest(suite):
    conftest = "import pytest\n@pytest.fixture(scope='session')\ndef infocaller_password(): return 'of-the-app'\n"
    text = """
        from hashlib import md5
        def test(infocaller):
            signature = md5(b"12345678998565656of-the-app").hexdigest()
            assert f"<Signature>{signature}</Signature>" in infocaller.event("FIN").text
            assert infocaller.ask(lambda query: None, "X").ok
    """
    suite(text, conftest=conftest).assert_outcomes(passed=1)


def test_variables_that_differ_have_a_line_each(suite):
    text = """
        import orders
        def test(infocaller):
            outcome = infocaller.ask(orders.status, "ESTADO", {"NUMPEDIDO": "1"})
            assert outcome.call_variables == {"PEDIDO": 2, "CITY": "Bilbao"}
        def test_result(infocaller):
            assert {"PEDIDO": "2"} == infocaller.ask(orders.status, "ESTADO").variables
        def test_others_are_left_to_pytest(infocaller):
            assert infocaller.ask(orders.status, "ESTADO").variables == 5
    """
    result = suite(text)
    result.assert_outcomes(failed=3)
    lines = said(result)
    assert lines[:9] == [
        "AssertionError: assert the variables are as expected",
        "  PEDIDO: expected 2, is '2' (values are text, as on the wire)",
        "  CITY: expected 'Bilbao', is not set",
        "  NUMPEDIDO: not expected, is '1'",
        "  <Outcome: Result 0; variables: PEDIDO=2>",
        "AssertionError: assert the variables are as expected",
        "  PEDIDO: expected '2', is not set",
        "  <Outcome: Result 1 (no order number); variables: none>",
        "AssertionError: assert {} == 5",
    ]


def test_an_outcome_tells_itself(suite):
    text = """
        import orders
        def test(infocaller):
            assert infocaller.ask(orders.status, "ESTADO").ok
        def test_signature(infocaller):
            assert infocaller.ask(orders.status, infocaller.query("ESTADO").tampered()).ok
    """
    lines = said(suite(text))
    assert any(line.endswith("where False = <Outcome: Result 1 (no order number); variables: none>.ok") for line in lines)
    (refused,) = [line for line in lines if "403" in line and "where False" in line]
    assert "the status is 403: the signature does not match line and call id" in refused


def test_failures_point_at_the_line_of_the_test_and_at_the_handler_s_own(suite):
    text = """
        import pytest
        def boom(query):
            return {"A": 1 // 0}
        async def wrong(query):
            return {"A_B": 1}
        def test_boom(infocaller):
            infocaller.ask(boom, "ESTADO")
        def test_wrong(infocaller):
            infocaller.ask(wrong, "ESTADO")
        def test_answer(infocaller):
            infocaller.check_answer(infocaller.query("ESTADO"), b"<html>", "text/html", status=500)
        def test_mistake(infocaller):
            infocaller.event("FIN", calller="X")
        def test_kind(infocaller):
            infocaller.event("INICIO", seconds=1)
    """
    result = suite(text)
    result.assert_outcomes(failed=5)
    places = [line for line in result.outlines if line.startswith(("test_it.py:", "/", "infocaller_cli"))]
    assert [place.partition(" ")[0] for place in places] == [
        "test_it.py:7:", "test_it.py:3:", "test_it.py:9:", "test_it.py:11:", "test_it.py:13:", "test_it.py:15:"
    ]  # fmt: skip
    head = "no good answer to <Message: query 'ESTADO', xml, line 123456789, call 98565656>:"
    assert said(result) == [
        "ZeroDivisionError: integer division or modulo by zero",
        f"AssertionError: {head}",
        "  the answer breaks IC401: ApiCall/CustVars/CustVar[1]/VarName: VarName is 'A_B', not 1 to 15 of A-Z a-z 0-9",
        f"AssertionError: {head}",
        "  the status is 500, not 2xx",
        "  error IC001: not well formed: it is an HTML page (an error page?); look at what answered",
        "  | <html>",
        "TypeError: a call has no field 'calller': did you mean caller?",
        "infocaller_cli.errors.UsageError: seconds does not go with inicio: such a document has no field for it",
    ]


def test_no_failure_shows_the_password_or_the_right_signature(suite):
    from hashlib import md5

    conftest = "import pytest\n@pytest.fixture\ndef infocaller_password(): return 'hush-hush'\n"
    text = """
        def boom(query):
            return 1 // 0
        def test_boom(infocaller):
            infocaller.ask(boom, "ESTADO")
        def test_refused(infocaller):
            assert infocaller.ask(boom, infocaller.query("ESTADO").tampered()).ok
        def test_made(infocaller):
            infocaller.event("FIN", caller="nobody")
        def test_wrong(infocaller):
            infocaller.ask(lambda query: {"A": 1.5}, "ESTADO")
    """
    result = suite(text, "--showlocals", "-vv", conftest=conftest)
    result.assert_outcomes(failed=4)
    shown = "\n".join(result.outlines + result.errlines)
    assert "hush-hush" not in shown
    assert md5(b"12345678998565656hush-hush").hexdigest() not in shown
