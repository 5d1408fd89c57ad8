"""What serializers, frameworks and logs made of documents, through the commands: tests/vectors/seen, whose table says what each gives."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[2] / "vectors" / "seen"
EXPECTED = tomllib.loads((VECTORS / "expected.toml").read_text("utf-8"))
FILES = sorted(path.name for path in VECTORS.iterdir() if path.name != "expected.toml")
KNOWN = {"INFOCALLER_PASSWORD": "3956"}


@pytest.fixture
def there(tmp_path):
    """The files in the folder of the commands: their messages name no other."""
    shutil.copytree(VECTORS, tmp_path, dirs_exist_ok=True)


def test_every_file_has_its_expectations():
    assert sorted(EXPECTED) == FILES


@pytest.mark.parametrize("name", FILES)
@pytest.mark.usefixtures("there")
def test_validate(run, name):
    expected = EXPECTED[name]
    done = run("validate", "--json", name, env=KNOWN)
    row = json.loads(done.out)
    assert (done.code, done.err) == (expected["validate"], "")
    assert row["valid"] is (expected["validate"] == 0)
    assert (row["signature"] or "") == expected["signature"]
    assert sorted(f"{finding['code']} {finding['level']}" for finding in row["findings"]) == expected["findings"]
    messages = "\n".join(finding["message"] for finding in row["findings"])
    assert [said for said in expected["says"] if said not in messages] == []
    told = run("validate", name, env=KNOWN)
    assert (told.code, told.err) == (expected["validate"], "")
    assert [said for said in expected["says"] if said not in told.out] == []
    assert "\x1b" not in told.out


@pytest.mark.parametrize("name", FILES)
@pytest.mark.usefixtures("there")
def test_strict_takes_what_has_no_finding_at_all(run, name):
    expected = EXPECTED[name]
    assert run("validate", "--strict", name, env=KNOWN).code == (1 if expected["findings"] else 0)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.usefixtures("there")
def test_verify(run, name):
    code, said = EXPECTED[name]["verify"]
    done = run("verify", name, env=KNOWN)
    assert done.code == code
    assert said in (done.err if code == 3 else done.out)
    assert "\x1b" not in done.out + done.err


@pytest.mark.parametrize("name", FILES)
@pytest.mark.usefixtures("there")
def test_show_and_sign_take_what_can_be_read(run, name):
    """What was signed holds its signature; of what was not, nothing is written."""
    expected = EXPECTED[name]
    code, said = expected["verify"]
    shown, signed = run("show", name, env=KNOWN), run("sign", name, env=KNOWN)
    assert (shown.code, signed.code) == (3 if code == 3 else 0, expected["sign"])
    assert "\x1b" not in shown.out + signed.err
    if signed.code:
        assert signed.stdout == b""
        assert code != 3 or (said in shown.err and said in signed.err)
    else:
        assert run("verify", "-", stdin=signed.stdout, env=KNOWN).code == 0


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("undocumented-section")])
@pytest.mark.usefixtures("there")
def test_what_stands_in_a_nested_field_nobody_documents_is_not_dropped_in_silence(run, name):
    done = run("convert", name, env=KNOWN)
    assert (done.code, done.out) == (3, "")
    assert "ApiCall/Recording is undocumented and holds other fields" in done.err
