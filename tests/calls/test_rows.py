"""The row of each key, against what a reader counts."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from infocaller_cli.calls.rows import row_of, rows

TEXT = '''# a script
name = "a # no comment"

[[step]]
message = """two
lines \\""" still"""
label = 'it''s'

[[step]]
conditions = [  # a comment with ] in it
  ["A = 1", { message = "x, ]" },
    { end = true }],
]
[step.options]
"1" = "a"

[urls]
INICIO = "http://a"  # the end'''.replace("'it''s'", "'its'")


def test_rows_of_a_script():
    found = rows(TEXT)
    tomllib.loads(TEXT)
    expected = {
        ("name",): 2,
        ("step",): 4,
        ("step", 0): 4,
        ("step", 0, "message"): 5,
        ("step", 0, "label"): 7,
        ("step", 1): 9,
        ("step", 1, "conditions"): 10,
        ("step", 1, "conditions", 0): 11,
        ("step", 1, "conditions", 0, 1, "message"): 11,
        ("step", 1, "conditions", 0, 2, "end"): 12,
        ("step", 1, "options"): 14,
        ("step", 1, "options", "1"): 15,
        ("urls", "INICIO"): 18,
    }
    assert {path: found[path] for path in expected} == expected
    assert row_of(found, ("step", 1, "nothing", "below")) == 9
    assert row_of(found, ("nothing",)) is None


LINES = ["a = 1", "[t]", "[[x]]", "b = '''\n\n'''", 'c = """\n"quoted" \\" \n"""', "d = [1,\n 2, # three\n 3]", "e = {f = [ {g = 1} ]}"]
LINES += ['# [x] = "', "", "h.i = 1979-05-27T07:32:00Z", '"j k" = 1.5e3', "[t.u]", "[x.y]", "[[x.z]]", 'l = """a"""""', "m = ''''a'''"]
LINE = st.sampled_from(LINES)


@given(st.lists(LINE, max_size=12).map("\n".join))
def test_every_text_that_is_toml_is_gone_through_to_its_end(text):
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = rows(text)

    def walk(value, path):
        assert path in found or not path
        below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, one in below:
            walk(one, (*path, name))

    walk(data, ())
    assert all(1 <= row <= text.count("\n") + 1 for row in found.values())
