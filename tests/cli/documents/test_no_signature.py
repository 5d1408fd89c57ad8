"""Documents without their signature, to show to others: with one, a short password is guessed."""

import base64

import pytest

SIGNATURE = "ae73e4b16a280726fb2e0e6bfb43902a"
PASSWORD = {"INFOCALLER_PASSWORD": "3956"}


@pytest.mark.parametrize("to", ["xml", "json"])
def test_convert_writes_all_but_the_signature(run, signed, to):
    whole = run("convert", "--to", to, "-", stdin=signed())
    done = run("convert", "--to", to, "--no-signature", "-", stdin=signed())
    assert (done.code, done.err) == (0, "")
    assert SIGNATURE in whole.out
    assert "Signature" not in done.out
    without = [line for line in whole.out.splitlines() if "Signature" not in line]
    assert [line.rstrip(",") for line in done.out.splitlines()] == [line.rstrip(",") for line in without]


def test_a_capture_without_signatures(run, form, tmp_path):
    record = '{"method":"POST","url":"http://h/","header":{},"body":"%s"}\n'
    bodies = [base64.b64encode(form(call=str(call))).decode() for call in range(1, 701)]
    (tmp_path / "calls").write_text("".join(record % body for body in bodies))
    done = run("convert", "--jobs", "2", "--no-signature", "calls")
    assert done.code == 0
    assert done.out.count("\n") == 700
    assert "Signature" not in done.out


def test_what_has_none_stays(run):
    answer = '{"ApiCall":{"Status":{"Result":"0"},"CustVars":{"CustVar":[]}}}'
    assert run("convert", "--no-signature", "-", stdin=answer) == run("convert", "-", stdin=answer)


def test_check_writes_no_signature_anyway(run, signed):
    done = run("convert", "--check", "--no-signature", "-", stdin=signed())
    assert done.code == 2
    assert "--check writes nothing" in done.err


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_show_says_nothing_of_it(run, signed, options):
    assert "signature" in run("show", *options, "-", stdin=signed(), env=PASSWORD).out
    done = run("show", *options, "--no-signature", "-", stdin=signed(), env=PASSWORD)
    assert done.code == 0
    assert "signature" not in done.out
    assert "123456789" in done.out


@pytest.mark.parametrize("option", ["--html", "--svg"])
def test_pictures_never_hold_it(run, signed, tmp_path, option):
    for more, told in (((), True), (("--no-signature",), False)):
        assert run("show", option, "out", *more, "-", stdin=signed(), env=PASSWORD).code == 0
        text = (tmp_path / "out").read_text()
        assert SIGNATURE not in text
        assert SIGNATURE[:16] not in text
        assert ("it proves" in text.replace("&#160;", " ")) == told
