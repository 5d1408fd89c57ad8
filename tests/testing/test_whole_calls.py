"""Whole calls in users' tests: the fixture plays a script against an application, and a script's cases are tests."""

from textwrap import dedent

import pytest

SCRIPT = """
name = "Estado de pedido"

[[step]]
message = "Bienvenida"

[[step]]
keypad = "Su pedido"
variable = "NUMPEDIDO"

[[step]]
query = "ESTADO PEDIDO"
on_error = "persona"

[[step]]
conditions = [
  ["PEDIDO = 2", { message = "Ha sido enviado" }, { end = true }],
]

[[step]]
label = "persona"
call = "911888921"
"""
CASES = """
[[case]]
name = "an order that was sent"
keys = ["123"]
expect = { heard = ["Ha sido enviado"], variables = { PEDIDO = "2" }, end = "script" }

[[case]]
name = "the application is down"
keys = ["123"]
faults = { "ESTADO PEDIDO" = "no answer" }
diverts = ["busy"]
expect = { requests = ["INICIO", "ESTADO PEDIDO", "DESVIO_FALLIDO", "FIN"], end = "call" }
"""
APP = """
from infocaller_cli import create_app

def status(query):
    return {"PEDIDO": 2 if query.variables["NUMPEDIDO"] == "123" else 0}

app = create_app(status, password="3956")
"""
CONFTEST = "import pytest, app\n@pytest.fixture\ndef infocaller_app(): return app.app\n"


@pytest.fixture
def suite(pytester):
    """A function: runs pytest on these files; warnings are errors, as here."""
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    pytester.syspathinsert()
    pytester.makefile(".toml", order=SCRIPT)
    pytester.makepyfile(app=APP)

    def run(*options, **files):
        for name, text in files.items():
            suffix = ".py" if name in ("test_it", "conftest") else ".toml"
            pytester.makefile(suffix, **{name: dedent(text)})
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)

    return run


def test_a_call_is_heard_sent_and_leaves_variables(suite):
    test = """
        import app
        def test(infocaller):
            call = infocaller.simulate("order.toml", keys=["123"], app=app.app)
            assert call.heard == ("Bienvenida", "Su pedido", "Ha sido enviado")
            assert call.requests == ("INICIO", "ESTADO PEDIDO", "FIN")
            assert call.variables == {"NUMPEDIDO": "123", "PEDIDO": "2"}
            assert (call.end, call.problems) == ("script", ())
            assert 1 <= call.seconds < 60
    """
    suite("test_it.py", test_it=test).assert_outcomes(passed=1)


def test_every_kind_of_application_is_reached(suite):
    test = """
        import app, httpx, pytest
        import flask, django
        from infocaller_cli import answer, create_wsgi_app
        from starlette.applications import Starlette
        from starlette.routing import Mount

        flask_app = flask.Flask("orders")

        @flask_app.post("/")
        def orders():
            reply = answer(flask.request.get_data(), app.status, password="3956", content_type=flask.request.content_type)
            return reply.body, reply.status, {"Content-Type": reply.content_type or "text/plain"}

        @flask_app.post("/form")
        def by_form():
            text = flask.request.form["apiInfocaller"]
            reply = answer(text.encode(), app.status, password="3956")
            return reply.body, reply.status, {"Content-Type": reply.content_type or "text/plain"}

        @pytest.mark.parametrize("make, to", [
            (lambda: app.app, None),
            (lambda: create_wsgi_app(app.status, password="3956"), None),
            (lambda: Starlette(routes=[Mount("/sub", app.app)]), "/sub/"),
            (lambda: flask_app, None),
            (lambda: flask_app.test_client(), "/form"),
            (lambda: httpx.ASGITransport(app.app), None),
            (lambda: httpx.WSGITransport(create_wsgi_app(app.status, password="3956")), "http://somewhere/"),
        ], ids=["asgi", "wsgi", "starlette", "flask", "client", "transport", "sync transport"])
        def test(infocaller, make, to):
            call = infocaller.simulate("order.toml", ["123"], app=make(), to=to)
            assert call.problems == ()
            assert call.variables == {"NUMPEDIDO": "123", "PEDIDO": "2"}
    """
    suite("test_it.py", test_it=test).assert_outcomes(passed=7)


def test_a_wrong_answer_goes_where_the_script_says_and_is_told(suite):
    test = """
        def broken(scope, receive, send):
            raise AssertionError
        async def error(scope, receive, send):
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"oops"})
        def test(infocaller):
            call = infocaller.simulate("order.toml", ["123"], ["answered 60"], app=error)
            assert call.end == "call"
            assert call.requests == ("INICIO", "ESTADO PEDIDO", "DESVIO_CORRECTO", "FIN")
            assert [problem.partition(":")[0] for problem in call.problems] == list(call.requests)
            assert all("the status is 500" in problem for problem in call.problems)
        def test_variables_show_the_call(infocaller):
            call = infocaller.simulate("order.toml", ["123"], ["busy"], app=error)
            assert call.variables == {"PEDIDO": "2"}
    """
    result = suite("test_it.py", test_it=test)
    result.assert_outcomes(passed=1, failed=1)
    said = "\n".join(result.outlines)
    assert "PEDIDO: expected '2', is not set" in said
    assert "ringing 911888921 (answered SECONDS, busy, no answer)> busy" in said


def test_mistakes_of_the_test_are_said(suite):
    test = """
        import app
        def test_lacking(infocaller):
            infocaller.simulate("order.toml", app=app.app)
        def test_left(infocaller):
            infocaller.simulate("order.toml", ["123", "4"], app=app.app)
        def test_no_file(infocaller):
            infocaller.simulate("odrer.toml", app=app.app)
        def test_nothing(infocaller):
            infocaller.simulate("order.toml", app=5)
        def test_field(infocaller):
            infocaller.simulate("order.toml", ["123"], app=app.app, seconds=5)
        async def in_a_loop(infocaller):
            infocaller.simulate("order.toml", ["123"], app=app.app)
        def test_loop(infocaller):
            import asyncio
            asyncio.run(in_a_loop(infocaller))
    """
    result = suite("test_it.py", test_it=test)
    result.assert_outcomes(failed=6)
    result.stdout.fnmatch_lines_random(
        [
            "*keys for 'Su pedido' were missing: the caller hung up",
            "*the keys '4' were left over",
            "*odrer.toml cannot be read: No such file or directory",
            "*int is nothing that is known here: *",
            "*seconds cannot be given: the call itself tells it",
            "*simulate() cannot run in an async test: *",
        ]
    )


# ---- cases as tests ----


def test_the_cases_of_a_named_script_are_tests(suite):
    result = suite("-v", "story.toml", story=SCRIPT + CASES, conftest=CONFTEST)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["story.toml::an order that was sent PASSED*", "story.toml::the application is down PASSED*"])


def test_one_case_is_chosen(suite):
    suite("story.toml", "-k", "down", story=SCRIPT + CASES, conftest=CONFTEST).assert_outcomes(passed=1, deselected=1)
    suite("story.toml::an order that was sent").assert_outcomes(passed=1)


def test_a_case_that_fails_shows_what_it_missed_and_the_whole_call(suite):
    wrong = CASES.replace('PEDIDO = "2"', 'PEDIDO = "1"')
    result = suite("story.toml", story=SCRIPT + wrong, conftest=CONFTEST)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*story.toml:*: an order that was sent",
            "variable PEDIDO: expected '1', '2' at the end",
            "00:00  INICIO -> 200 in * ms",
            "       NUMPEDIDO> 123",
            '00:*  "Ha sido enviado"',
            "FAILED story.toml::an order that was sent*",
        ]
    )
    assert "driver.py" not in "\n".join(result.outlines)


def test_cases_in_a_file_of_their_own(suite):
    suite("cases.toml", cases='script = "order.toml"\n' + CASES, conftest=CONFTEST).assert_outcomes(passed=2)


def test_in_a_folder_only_files_of_tests_are_collected(suite, pytester):
    pytester.makefile(".toml", test_order=SCRIPT + CASES, other=SCRIPT + CASES, test_config="[tool]\nname = 'x'\n")
    suite(conftest=CONFTEST).assert_outcomes(passed=2)


def test_a_toml_that_is_no_script_is_nobody_s(suite, pytester):
    pytester.makefile(".toml", pyproject="[project]\nname = 'x'\n[[case]]\nname = 'y'\n")
    result = suite("pyproject.toml")
    result.assert_outcomes()
    assert "[[case]]" not in "\n".join(result.outlines)


def test_a_script_that_is_wrong_is_an_error_in_words(suite):
    result = suite("story.toml", story=SCRIPT.replace("message", "mesage") + CASES)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*story.toml:*mesage*"])
    assert "Traceback" not in "\n".join(result.outlines)


def test_fixtures_of_every_scope_serve_a_case(suite):
    conftest = """
        import pytest, app
        @pytest.fixture(scope="module")
        def orders(): return app.app
        @pytest.fixture(autouse=True)
        def always(request): assert request.node.name
        @pytest.fixture
        def infocaller_app(orders): return orders
    """
    suite("story.toml", "-n", "2", story=SCRIPT + CASES, conftest=conftest).assert_outcomes(passed=2)
