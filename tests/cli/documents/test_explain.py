"""`verify --explain`: which usual mistake made a wrong signature. The answer stays no, and the password stays unsaid."""

import hashlib
import json
from unicodedata import normalize

import pytest

from infocaller_cli.codec import decode
from infocaller_cli.codec.explain import explain

LINE, CALL, PASSWORD = "123456789", "98565656", "Peñón7"
INT = "<LineNumberInt>34123456789</LineNumberInt>"
NUMBERS = (
    "<InboundNumber>900111222</InboundNumber><InboundNumberInt>34900111222</InboundNumberInt>"
    "<OutboundNumber>600333444</OutboundNumber><idcall>777</idcall>"
)

# What was signed -> words of the explanation. Each is a mistake that somebody has made
SINGLE = {
    "line-feed": (f"{LINE}{CALL}{PASSWORD}\n", ["password", "line feed"]),
    "crlf": (f"{LINE}{CALL}{PASSWORD}\r\n", ["password", "carriage return"]),
    "utf-8": (f"{LINE}{CALL}{PASSWORD}".encode(), ["UTF-8"]),
    "utf-16": (f"{LINE}{CALL}{PASSWORD}".encode("utf-16-le"), ["UTF-16"]),
    "international": (f"34{LINE}{CALL}{PASSWORD}", ["LineNumberInt"]),
    "plus": (f"+34{LINE}{CALL}{PASSWORD}", ["LineNumber", "plus"]),
    "zero-zero": (f"0034{LINE}{CALL}{PASSWORD}", ["LineNumber", "00"]),
    "leading-zero": (f"0{LINE}{CALL}{PASSWORD}", ["LineNumber", "leading zero"]),
    "additional-number": (f"900111222{CALL}{PASSWORD}", ["InboundNumber", "LineNumber"]),
    "additional-number-international": (f"34900111222{CALL}{PASSWORD}", ["InboundNumberInt"]),
    "caller": (f"600000001{CALL}{PASSWORD}", ["CallerNumber"]),
    "outbound": (f"600333444{CALL}{PASSWORD}", ["OutboundNumber"]),
    "idcall": (f"{LINE}777{PASSWORD}", ["idcall", "CallSequence"]),
    "swapped": (f"{CALL}{LINE}{PASSWORD}", ["order CallSequence + LineNumber + password"]),
    "password-first": (f"{PASSWORD}{LINE}{CALL}", ["order password + LineNumber + CallSequence"]),
    "separated-plus": (f"{LINE}+{CALL}+{PASSWORD}", ["plus signs"]),
    "separated-blank": (f"{LINE} {CALL} {PASSWORD}", ["blanks"]),
    "separated-hyphen": (f"{LINE}-{CALL}-{PASSWORD}", ["hyphens"]),
    "separated-colon": (f"{LINE}:{CALL}:{PASSWORD}", ["colons"]),
    "swapped-and-separated": (f"{PASSWORD}|{CALL}|{LINE}", ["order password + CallSequence + LineNumber", "bars"]),
    "other-line": (f"{LINE}{CALL}0000other", ["password of line 955555555"]),
    "blank-after-password": (f"{LINE}{CALL}{PASSWORD} ", ["password", "blank"]),
    "lower-case": (f"{LINE}{CALL}{PASSWORD.lower()}", ["lower case"]),
    "no-password": (f"{LINE}{CALL}", ["password was left out"]),
    "trailing-carriage-return": (f"{LINE}{CALL}{PASSWORD}\r", ["password", "trailing carriage return"]),
    "no-line": (f"{CALL}{PASSWORD}", ["LineNumber was left out"]),
    "added": (f"{int(LINE) + int(CALL)}{PASSWORD}", ["added as numbers"]),
    "accents-as-question-marks": (f"{LINE}{CALL}Pe??n7", ["ASCII", "?"]),
    "decomposed": (f"{LINE}{CALL}{normalize('NFD', PASSWORD)}".encode(), ["NFD"]),
    "null": (f"{LINE}{CALL}null", ["null was signed"]),
    "undefined": (f"{LINE}{CALL}undefined", ["undefined was signed"]),
    "none": (f"{LINE}{CALL}None", ["None was signed"]),
    "md5-of-md5": (hashlib.md5(f"{LINE}{CALL}{PASSWORD}".encode("iso-8859-1")).hexdigest(), ["MD5 of the MD5"]),
    "example-password": (f"{LINE}{CALL}3956", ["example password"]),
}
DOUBLE = {
    "international, line feed": (f"34{LINE}{CALL}{PASSWORD}\n", ["LineNumberInt", "line feed"]),
    "additional number, UTF-8": (f"900111222{CALL}{PASSWORD}".encode(), ["InboundNumber", "UTF-8"]),
    "line feed, UTF-8": (f"{LINE}{CALL}{PASSWORD}\n".encode(), ["line feed", "UTF-8"]),
    "plus, swapped": (f"{CALL}+34{LINE}{PASSWORD}", ["plus", "order"]),
    "other line, separated": (f"{LINE}:{CALL}:0000other", ["955555555", "colons"]),
    "UTF-8, separated": (f"{LINE}-{CALL}-{PASSWORD}".encode(), ["UTF-8", "hyphens"]),
    "UTF-8, swapped": (f"{CALL}{LINE}{PASSWORD}".encode(), ["UTF-8", "order"]),
}
OTHERS = {LINE: PASSWORD, "955555555": "0000other"}


@pytest.fixture
def wrong(signed):
    """A function: the document in which this text was signed."""
    return lambda text, **more: signed(PASSWORD, text=text, **({"user": INT, "call_fields": NUMBERS} | more))


def explained(document, password=PASSWORD, others=None, **more):
    return explain(decode(document.encode()), password, OTHERS if others is None else others, **more)


@pytest.mark.parametrize(("text", "words"), SINGLE.values(), ids=SINGLE)
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_every_usual_mistake(wrong, text, words, case):
    """In upper-case digits too: those are never the mistake."""
    digest = hashlib.md5(text if isinstance(text, bytes) else text.encode("iso-8859-1")).hexdigest()
    said = explained(wrong(text, signature=case(digest)))
    assert said
    assert all(word in said for word in words)
    assert ";" not in said, "one mistake is enough to explain it"


@pytest.mark.parametrize(("text", "words"), DOUBLE.values(), ids=DOUBLE)
def test_two_mistakes_at_once(wrong, text, words):
    said = explained(wrong(text))
    assert said
    assert all(word in said for word in words)


@pytest.mark.parametrize(
    ("line", "text", "words"),
    [
        ("\u00a0123456789 ", f"\u00a0123456789 {CALL}{PASSWORD}", ["white space", "LineNumber"]),
        ("0123456789", f"123456789{CALL}{PASSWORD}", ["leading zeros"]),
        ("123456789", f"351123456789{CALL}{PASSWORD}", ["LineNumber"]),
    ],
)
def test_forms_of_the_line(signed, line, text, words):
    said = explained(signed(line=line, text=text), country="351")
    assert said
    assert all(word in said for word in words)


def test_the_white_space_around_line_and_call(signed):
    said = explained(signed(line=" 123456789", call="98565656\n", text=f" 12345678998565656\n{PASSWORD}"))
    assert "LineNumber" in said
    assert "CallSequence" in said


def test_blanks_around_the_password(wrong):
    assert "blanks" in explained(wrong(f"{LINE}{CALL}{PASSWORD}"), f" {PASSWORD} ")


# printf 12345678998565656 | openssl md5 -hmac 3956; printf %s 123456789985656563956 | openssl md5 -binary | base64
WRITTEN = {
    "dashes": ("AE-73-E4-B1-6A-28-07-26-FB-2E-0E-6B-FB-43-90-2A", "3956", ["hyphens", "BitConverter"]),
    "base64": ("rnPksWooBybytvsvSPQyag==", "3956", None),
    "base64-of-the-digest": ("rnPksWooByb7Lg5r+0OQKg==", "3956", ["Base64"]),
    "hmac": ("d27aece317f9bdb2b2d26f6bafb7b66e", "3956", ["HMAC"]),
    "zeros-lost": ("20400b5c38a709c5e40bf6cb9ae29f52", "0042", ["leading zeros"]),
}


@pytest.mark.parametrize(("signature", "password", "words"), WRITTEN.values(), ids=WRITTEN)
def test_how_the_digest_was_written(signed, signature, password, words):
    said = explained(signed(password, line=LINE, call=CALL, signature=signature), password, {})
    assert said is None if words is None else all(word in said for word in words)
    assert ";" not in (said or "")


def test_numbers_that_are_none_are_not_added(wrong):
    assert explained(wrong("x", call="9" * 5000)) is None


def test_nothing_usual_is_none(wrong):
    assert explained(wrong("anything else")) is None
    assert explained(wrong("", signature="")) is None
    assert explained(wrong("", signature="no digest at all ñ")) is None


def test_three_mistakes_are_not_searched(wrong):
    assert explained(wrong(f"{CALL}34{LINE}{PASSWORD}\n")) is None


def test_the_password_of_the_last_of_hundreds_of_lines(wrong):
    others = {str(900000000 + number): f"pw{number}" for number in range(500)}
    for number in (0, 199, 200, 499):
        said = explained(wrong(f"{LINE}{CALL}pw{number}"), others=others)
        assert said
        assert str(900000000 + number) in said


def test_the_search_is_bounded(wrong, monkeypatch):
    """Counted in digests, not in seconds: a second is about a million of them."""
    digests = []
    real = hashlib.md5
    monkeypatch.setattr(hashlib, "md5", lambda *text, **more: digests.append(1) or real(*text, **more))
    document = wrong("anything else", signature="0" * 32)
    assert explained(document, others={str(900000000 + number): f"pw{number}" for number in range(20_000)}) is None
    assert 1_000 < len(digests) < 200_000


# ---- through the command ----


def test_the_command_names_the_mistake_and_still_says_no(run, wrong, tmp_path):
    (tmp_path / "a.xml").write_text(wrong(*SINGLE["line-feed"][:1]))
    (tmp_path / "b.xml").write_text(wrong(*DOUBLE["international, line feed"][:1]))
    (tmp_path / "c.xml").write_text(wrong("anything else"))
    (tmp_path / "d.xml").write_text(wrong(f"{LINE}{CALL}{PASSWORD}"))
    (tmp_path / "infocaller.toml").write_text(f'[lines.{LINE}]\npassword = "{PASSWORD}"\n')
    (tmp_path / "infocaller.toml").chmod(0o600)
    assert run("config", "trust").code == 0
    plain = run("verify", "--explain", "a.xml", "b.xml", "c.xml", "d.xml")
    assert (plain.code, plain.err) == (1, "")
    lines = plain.out.splitlines()
    assert [line.partition(": ")[0] for line in lines if not line.startswith(" ")] == ["a.xml", "b.xml", "c.xml", "d.xml"]
    assert "line feed" in lines[1]
    assert "LineNumberInt" in lines[3]
    assert "no usual mistake" in lines[5]
    assert lines[6].startswith("d.xml: valid: ")
    rows = [json.loads(line) for line in run("verify", "--explain", "--json", "a.xml", "d.xml").out.splitlines()]
    assert [row["valid"] for row in rows] == [False, True]
    assert "line feed" in rows[0]["explanation"]
    assert not rows[1]["explanation"]


def test_without_explain_nothing_is_explained(run, wrong):
    done = run("verify", "--json", "-", stdin=wrong(f"{LINE}{CALL}{PASSWORD}\n"), env={"INFOCALLER_PASSWORD": PASSWORD})
    assert "explanation" not in json.loads(done.out)


def test_another_configured_line_and_country_through_the_command(run, wrong, tmp_path):
    (tmp_path / "pw").write_bytes(b"0000other\n")
    (tmp_path / "pw").chmod(0o600)
    (tmp_path / "infocaller.toml").write_text('country = "351"\n[lines.955555555]\npassword_file = "pw"\n')
    environment = {"INFOCALLER_PASSWORD": PASSWORD}
    done = run("verify", "--explain", "-", stdin=wrong(f"{LINE}{CALL}0000other"), env=environment)
    assert (done.code, done.err) == (1, "")
    assert "password of line 955555555" in done.out
    assert "0000other" not in done.out
    done = run("verify", "--explain", "-", stdin=wrong(f"+351{LINE}{CALL}{PASSWORD}", user=""), env=environment)
    assert done.code == 1
    assert "LineNumber" in done.out


@pytest.mark.parametrize("entry", ['password_file = "missing"', 'password = "€"'])
def test_another_lines_broken_password_does_not_hide_the_answer(run, wrong, tmp_path, entry):
    """The question is about this document; the other line's password is only one more thing to try."""
    (tmp_path / "infocaller.toml").write_text(f"[lines.955555555]\n{entry}\n")
    done = run("verify", "--explain", "-", stdin=wrong(f"{LINE}{CALL}{PASSWORD}\n"), env={"INFOCALLER_PASSWORD": PASSWORD})
    assert done.code == 1
    assert "line feed" in done.out


def test_neither_password_nor_right_signature_is_ever_said(run, wrong, tmp_path):
    secrets = [PASSWORD, "0000other", hashlib.md5(f"{LINE}{CALL}{PASSWORD}".encode("iso-8859-1")).hexdigest()]
    names = []
    for number, (text, _) in enumerate([*SINGLE.values(), *DOUBLE.values()]):
        names.append(f"{number}.xml")
        (tmp_path / names[-1]).write_text(wrong(text))
    (tmp_path / "infocaller.toml").write_text(f'[lines.{LINE}]\npassword = "{PASSWORD}"\n[lines.955555555]\npassword = "0000other"\n')
    for more in ((), ("--json",)):
        done = run("--debug", "-v", "verify", "--explain", *more, *names)
        assert done.code == 1
        assert done.out.count("not valid" if not more else '"valid": false') == len(names)
        assert not [secret for secret in secrets if secret.lower() in (done.out + done.err).lower()]
