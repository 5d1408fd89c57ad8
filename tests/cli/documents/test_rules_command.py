"""`infocaller rules`: the catalogue, and one rule explained."""

import json

import pytest

from infocaller_cli.codec.catalogue import RULES


def test_the_catalogue_names_every_rule_once(run):
    done = run("rules")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.replace(":", " ", 1).split()[:2] for line in lines] == [[rule.code, rule.level] for rule in RULES.values()]
    assert all(rule.title in line for rule, line in zip(RULES.values(), lines, strict=True))


def test_json_has_a_row_for_every_rule(run):
    rows = [json.loads(line) for line in run("rules", "--json").out.splitlines()]
    assert [row["code"] for row in rows] == list(RULES)
    assert {row["level"] for row in rows} == {"error", "warning"}
    assert all(row["why"] and row["wrong"] and row["right"] for row in rows)


@pytest.mark.parametrize("code", ["IC404", "ic404"])
def test_one_rule_is_explained_with_an_example_and_its_fix(run, code):
    done = run("rules", code)
    assert done.code == 0
    assert done.out.startswith(f"IC404 (warning) {RULES['IC404'].title}\n\n")
    assert done.out.index("Wrong (in a document of kind response):") < done.out.index("Right (in a document of kind response):")
    for example in (RULES["IC404"].wrong, RULES["IC404"].right):
        assert all(f"    {line}" in done.out for line in example.splitlines())
    assert json.loads(run("rules", code, "--json").out)["code"] == "IC404"


@pytest.mark.parametrize("code", ["IC999", "404", "", "\x1b[31m"])
def test_an_unknown_code_is_wrong_usage(run, code):
    done = run("rules", code)
    assert (done.code, done.out) == (2, "")
    assert "there is no rule" in done.err
    assert "\x1b" not in done.err


def test_colour_only_where_it_is_wanted(run):
    assert "\x1b" not in run("rules", "IC404").out
    coloured = run("--color", "always", "rules", "IC404", env={"NO_COLOR": "1"})
    assert "\x1b[" in coloured.out
