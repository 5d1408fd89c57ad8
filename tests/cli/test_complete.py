"""What can be completed: commands, options, values. The scripts ask as it is done here; `test_completion_shells` has the shells."""

import pytest

# What stands for a value that nobody can know beforehand
NOTHING = {
    "CMD",
    "COST",
    "DATE",
    "HOST",
    "ID",
    "N",
    "NAME=VALUE",
    "NUMBER",
    "PORT",
    "RESULT",
    "SECONDS",
    "SIZE",
    "TEXT",
    "TIME",
    "URL",
    "UUID",
    "X",
}
NOTHING |= {"EVENT=MODULE:FUNCTION", "TYPE[:NAME[:INFO1[:...]]]", "[NAME=]MODULE:FUNCTION"}


@pytest.fixture
def offered(run):
    """A function: the kind of thing and the values offered for the last of these words."""

    def ask(*words, shell="zsh", **more):
        done = run(*words, env={"_INFOCALLER_COMPLETE": shell} | more)
        assert (done.code, done.err) == (0, "")
        kind, *lines = done.out.splitlines() or [""]
        return kind, [line.partition("\t")[0] for line in lines]

    return ask


@pytest.fixture
def configured(tmp_path):
    text = '[lines.123456789]\npassword = "1"\n[lines.987654321]\npassword = "2"\n'
    queries = '[queries]\n"ESTADO PEDIDO" = "http://127.0.0.1/a"\n"SALDO" = "http://127.0.0.1/b"\n'
    (tmp_path / "infocaller.toml").write_text(text + queries)
    return tmp_path / "infocaller.toml"


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["send-"], ["send-event", "send-query"]),
        (["--color", "verify", "sh"], ["show"]),  # the value of an option is no command
        (["--color", ""], ["auto", "always", "never"]),
        (["--color=al"], ["--color=always"]),
        (["-q", "--deb"], ["--debug"]),
        (["send-event", "D"], ["DESVIO_CORRECTO", "DESVIO_FALLIDO"]),
        (["send-event", "fi"], ["FIN"]),
        (["sample", "q"], ["query"]),
        (["validate", "a.xml", "--as", "r"], ["response"]),
        (["validate", "--output", "j"], ["json", "junit"]),
        (["validate", "--ignore", "IC40"], ["IC401", "IC402", "IC403", "IC404", "IC405", "IC406"]),
        (["rules", "ic50"], ["IC501", "IC502", "IC503", "IC504"]),
        (["convert", "--to", ""], ["xml", "json"]),
        (["convert", "--inde"], ["--indent"]),
        (["convert", "--encoding", "i"], ["iso-8859-1"]),
        (["send-query", "X", "--call-type", ""], ["R", "E"]),
        (["replay", "a", "--kind", ""], ["event", "fin", "query"]),
        (["completion", "z"], ["zsh"]),
        (["verify", "--expl"], ["--explain"]),
        (["verify", "--explain", "--expl"], []),  # once is enough
        (["send-event", "FIN", "--var", "A=1", "--va"], ["--var"]),  # but for what repeats
        (["verify", "--he"], ["--help"]),
        (["capture", "--host", ""], []),
        (["no-such-command", "--x", ""], None),
        (["verify", "--", "--expl"], None),
    ],
)
def test_values(offered, words, values):
    kind, found = offered(*words)
    if values is not None:
        assert (kind, found) == ("values", values)
    else:
        assert "--explain" not in found


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["verify", ""], "files"),
        (["verify", "a.xml", "b"], "files"),
        (["send-event", "FIN", ""], "files"),
        (["verify", "--password-file", ""], "files"),
        (["verify", "--password-file=x"], "files"),
        (["sign", "a.xml", "-o", ""], "files"),
        (["--config", ""], "files"),
        (["convert", "--output-dir", ""], "folders"),
    ],
)
def test_files_where_files_belong(offered, words, kind):
    assert offered(*words) == (kind, [])


def test_lines_and_query_names_of_the_configuration(offered, configured, tmp_path):
    assert offered("sign", "--line", "") == ("values", ["123456789", "987654321"])
    assert offered("send-query", "") == ("values", ["ESTADO PEDIDO", "SALDO"])
    assert offered("send-query", "estado") == ("values", ["ESTADO PEDIDO"])
    moved = tmp_path / "other.toml"
    configured.rename(moved)
    assert offered("sign", "--line", "") == ("values", [])
    assert offered("--config", "other.toml", "sign", "--line", "9") == ("values", ["987654321"])
    assert offered("--config=other.toml", "sign", "--line", "9") == ("values", ["987654321"])


@pytest.mark.parametrize("text", ["this is no TOML", 'unknown = "key"'])
def test_a_wrong_configuration_is_not_talked_about_at_the_prompt(run, tmp_path, text):
    (tmp_path / "infocaller.toml").write_text(text)
    done = run("sign", "--line", "", env={"_INFOCALLER_COMPLETE": "zsh"})
    assert (done.code, done.out, done.err) == (0, "", "")


@pytest.mark.parametrize("word", ["'ESTADO PE", '"ESTADO PE', r"ESTADO\ PE", "'ESTADO PEDIDO'"])
@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_words_come_as_they_were_typed(offered, configured, shell, word):
    assert offered("send-query", word, shell=shell) == ("values", ["ESTADO PEDIDO"])


def test_powershell_hands_its_words_over_in_the_environment(offered):
    assert offered(shell="powershell", _INFOCALLER_WORDS="convert\n--to\n") == ("values", ["xml", "json"])


def test_options_have_the_first_sentence_of_their_help(run):
    done = run("verify", "--expl", env={"_INFOCALLER_COMPLETE": "zsh"})
    assert done.out == "values\n--explain\tOn a mismatch, look for the usual mistake that made the signature\n"


def test_every_value_was_thought_of():
    import texts

    rows = [row.split("\t") for row in texts.texts()["words.txt"].splitlines()]
    seen = {row[2] if row[0] == "o" else row[1] for row in rows if row[0] in ("o", "a")} - {""}
    offered = {row[1] for row in rows if row[0] == "v"}
    assert seen - offered - texts.known() == NOTHING
