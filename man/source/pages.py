"""The pages, put together from the application, the tables of the codec, and the words in `text/`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from facts import statuses, variables
from library import reference
from roff import bold, code, entry, example, italic, markup, prose, section, subsection

from infocaller_cli.calls import actions, conditions
from infocaller_cli.cli.app import SECTIONS, app
from infocaller_cli.cli.examples import EXAMPLES
from infocaller_cli.cli.help import PLAIN, groups, summary
from infocaller_cli.codec import spec
from infocaller_cli.codec.catalogue import RULES
from infocaller_cli.config.keys import SETTINGS
from infocaller_cli.traffic.conformance.table import CHECKS
from infocaller_cli.version import RELEASED, __version__

_TEXT = Path(__file__).with_name("text")
_REFERENCE = re.compile(r"^SEE ALSO: (.*)$", re.MULTILINE)
_BEGINNING = re.compile(r"^(\.S[HS] .*\n)\.PP\n", re.MULTILINE)


def pages() -> dict[str, str]:
    """File name -> text of every page."""
    group: Any = typer.main.get_command(app)
    found = {"infocaller.1": _overview(group)}
    for path, command in commands(group):
        found[f"{_title(path)}.1"] = _command(path, command)
    for name, command in groups_of_commands(group):
        found[f"{_title(name)}.1"] = _group(name, command)
    found["infocaller-capture.5"] = _format(
        "infocaller-capture", 5, "the format of captures", "calls.ndjson, calls.ndjson.gz, calls.ndjson.zst"
    )
    page = _format("infocaller.toml", 5, "the configuration of infocaller", "infocaller.toml")
    found["infocaller.toml.5"] = page.replace("\nSETTINGS\n", f"\n{_settings()}\n")
    page = _format("infocaller-script", 5, "the script of a call", "order-status.toml")
    for name, entries in _script_tables().items():
        page = page.replace(f"\n.PP\n{name}\n", f"\n{name}\n").replace(f"\n{name}\n", f"\n{entries}\n")
    found["infocaller-script.5"] = page
    found["infocaller-payload.7"] = _format(
        "infocaller-payload", 7, "the documents of Infocaller's telephony API", "apiInfocaller=<ApiCall ...>...</ApiCall>", *_tables()
    )
    found["infocaller-library.7"] = _format(
        "infocaller-library", 7, "answering and receiving inside an application", "from infocaller_cli import answer, receive", *reference()
    )
    return found


def commands(group: Any) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its words."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "list_commands"):
            yield from ((f"{name} {below}", command.get_command(None, below)) for below in command.list_commands(None))
        else:
            yield name, command


def groups_of_commands(group: Any) -> Iterator[tuple[str, Any]]:
    """Every command that has commands of its own."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "list_commands"):
            yield name, command


def _title(path: str) -> str:
    return f"infocaller-{path}".replace(" ", "-").rstrip("-")


def _head(title: str, number: int, about: str) -> list[str]:
    head = f'.TH "{title.upper()}" "{number}" "{RELEASED}" "infocaller {__version__}" "Infocaller Manual"'
    note = r".\" Written by `python man/source`: change the application, its tables or the words there"
    # Ragged on the right, words whole: command lines stand everywhere
    return [note, head, ".ad l", ".nh", section("Name"), f"{code(title)} \\- {prose(about)}"]


def _joined(parts: list[str]) -> str:
    """A page of its parts. A paragraph right below a heading begins by itself."""
    return _BEGINNING.sub(r"\1", "\n".join(part for part in parts if part) + "\n")


def _words(name: str) -> tuple[str, str]:
    """The words of a page, and the pages it points to."""
    text = (_TEXT / f"{name}.txt").read_text(encoding="utf-8")
    found = _REFERENCE.search(text)
    return _REFERENCE.sub("", text), found[1] if found else ""


def _see_also(names: str, own: str) -> list[str]:
    titles = [name for name in dict.fromkeys(("infocaller(1)", *names.split(", "))) if name and name != own]
    return [section("See also"), ",\n".join(prose(title) for title in titles)]


def _exit_status(path: str) -> list[str]:
    entries = [entry(bold(str(int(one))), f"{text[0].upper()}{text[1:]}.") for one, text in statuses(path).items()]
    return [section("Exit status"), *entries]


def _environment(path: str, options: set[str]) -> list[str]:
    found = variables(path, options).items()
    return [section("Environment"), *(entry(", ".join(map(bold, names.split(", "))), text) for names, text in found)]


def _examples(path: str) -> list[str]:
    found = [section("Examples")]
    for one in EXAMPLES[path]:
        found += [
            f".PP\n{prose(one.what)}{'' if one.what.endswith('?') else ':'}",
            example(("$ " if not number else "  ") + line for number, line in enumerate(one.lines(72))),
        ]
    return found


def _option(option: Any, context: Any) -> str:
    names = ", ".join(map(bold, sorted((*option.opts, *option.secondary_opts), key=lambda name: name[:2] == "--")))
    value = "" if option.is_flag else f" {italic(option.make_metavar(context).strip('<>'))}"
    text = (option.help or "").strip() + (" Required." if option.required else "")
    default = option.get_default(context)
    if option.show_default and default not in (None, False, ()) and not option.is_flag:
        text += f" The default is `{f'{default:g}' if isinstance(default, float) else getattr(default, 'value', default)}`."
    return entry(names + value, text)


def _command(path: str, command: Any) -> str:
    context = typer.Context(command, info_name=path)
    about, *more = inspect.cleandoc(command.help).split("\n\n")
    text, references = _words(path.replace(" ", "-"))
    rest = " ".join(about.split()).removeprefix(f"{summary(command)}.").strip()
    line = summary(command)
    parts = [
        *_head(_title(path), 1, line[0].lower() + line[1:]),
        section("Synopsis"),
        " ".join((bold(f"infocaller {path}"), "[options]", *_required(command, context), *map(_argument, _arguments(command)))),
        section("Description"),
        markup("\n\n".join([rest, *more])),
        markup(text),
        *(_checks() if path == "check-endpoint" else ()),
        section("Options"),
    ]
    for heading, options in groups(command).items():
        parts += [subsection(heading)] if heading != PLAIN else []
        parts += [_option(option, context) for option in options]
        if heading == PLAIN:
            parts.append(entry(f"{bold('-h')}, {bold('--help')}", "Show the help, and exit."))
    files = " So is what a FILE may hold." if any(one.metavar == "FILE..." for one in _arguments(command)) else ""
    parts.append(".PP\n" + prose(f"The global options, before the command, are in infocaller(1).{files}"))
    parts += [
        *_exit_status(path),
        *_environment(path, {name for one in command.params for name in one.opts}),
        *_examples(path),
        *_see_also(references, f"{_title(path)}(1)"),
    ]
    return _joined(parts)


def _group(path: str, group: Any) -> str:
    """The page of a command that has commands of its own."""
    text, references = _words(path)
    parts = [
        *_head(_title(path), 1, _lower(summary(group))),
        section("Synopsis"),
        f"{bold(f'infocaller {path}')} {italic('command')} [options]",
        section("Description"),
        markup(text),
        section("Commands"),
    ]
    below = {f"{path} {name}": group.get_command(None, name) for name in group.list_commands(None)}
    parts += [entry(prose(f"{_title(name)}(1)"), f"{summary(command)}.") for name, command in below.items()]
    parts += [section("Options"), entry(f"{bold('-h')}, {bold('--help')}", "Show the help, and exit.")]
    parts.append(".PP\n" + prose("The global options, before the command, are in infocaller(1)."))
    parts += [*_exit_status(path), *_environment(path, set()), *_examples(path), *_see_also(references, f"{_title(path)}(1)")]
    return _joined(parts)


def _required(command: Any, context: Any) -> list[str]:
    options = [one for one in command.params if one.param_type_name == "option" and one.required]
    return [f"{bold(one.opts[0])} {italic(one.make_metavar(context))}" for one in options]


def _arguments(command: Any) -> list[Any]:
    return [one for one in command.params if one.param_type_name == "argument"]


def _argument(argument: Any) -> str:
    text = argument.metavar.strip("[]").removesuffix("...")
    shown = italic(text) + (" ..." if argument.nargs == -1 else "")
    return shown if argument.required else f"[{shown}]"


def _overview(group: Any) -> str:
    context = typer.Context(group, info_name="infocaller")
    text, references = _words("infocaller")
    before, after = text.split("COMMANDS\n")
    parts = [*_head("infocaller", 1, _lower(summary(group))), section("Synopsis")]
    parts += [f"{bold('infocaller')} [global options] {italic('command')} [options]", section("Description"), markup(before)]
    parts.append(section("Commands"))
    for heading, names in SECTIONS.values():
        parts.append(subsection(heading))
        for path, command in (*groups_of_commands(group), *commands(group)):
            if path.partition(" ")[0] in names:
                parts.append(entry(prose(f"{_title(path)}(1)"), f"{summary(command)}."))
    parts.append(section("Options"))
    parts += [_option(option, context) for option in group.params]
    parts.append(entry(f"{bold('-h')}, {bold('--help')}", "Show the help, and exit."))
    parts += [markup(after), *_exit_status(""), *_environment("", set()), *_examples("")]
    return _joined([*parts, *_see_also(references, "infocaller(1)")])


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _format(title: str, number: int, about: str, synopsis: str, *tables: str) -> str:
    text, references = _words(title)
    before, heading, examples = text.partition("# Examples")  # at the end, as in every page
    parts = [*_head(title, number, about), section("Synopsis"), bold(synopsis), section("Description"), markup(before), *tables]
    return _joined([*parts, markup(heading + examples), *_see_also(references, f"{title}({number})")])


def _settings() -> str:
    """What the configuration file may hold."""
    entries = []
    for one in SETTINGS:
        if one.fits is not None:
            default = f" The default is `{one.default}`." if one.default else ""
            entries.append(entry(bold(one.key), f"{one.meaning} It is {one.holds}.{default}"))
    return "\n".join(entries)


def _script_tables() -> dict[str, str]:
    """What a script may hold: the tables that reading is driven by."""

    def keys(*tables: tuple[actions.Key, ...]) -> str:
        found = (one for table in tables for one in table)
        return "\n".join(entry(bold(one.name), f"{_upper(one.about)}. {_upper(one.holds.value)}.") for one in found)

    steps = []
    for action in actions.ACTIONS.values():
        code = f" In FIN: {action.code} ({spec.ACTIONS[action.code].name})." if action.code else ""
        more = "".join(f"\n{entry(bold(one.name), f'{_upper(one.about)}. {_upper(one.holds.value)}.')}" for one in action.keys[1:])
        below = f"\n.RS{more}\n.RE" if more else ""
        steps.append(f"{entry(bold(action.name), f'{_upper(action.about)}. {_upper(action.keys[0].holds.value)}.{code}')}{below}")
    return {
        "STEPS": "\n".join(steps),
        "KEYS": keys(actions.SCRIPT),
        "CASES": keys(actions.CASE),
        "EXPECTATIONS": keys(actions.EXPECT),
        "OPERATORS": "\n".join(entry(bold(name), f"{_upper(one.about)}.") for name, one in conditions.OPERATORS.items()),
        "VARIABLES": "\n".join(entry(bold(name), f"{_upper(about)}.") for name, about in conditions.BUILT_IN.items()),
    }


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _tables() -> Iterator[str]:
    """The documents field by field, the actions and the rules, as their tables have them."""
    yield section("Fields")
    yield from _section(spec.APICALL, "")
    yield section("Actions")
    yield markup("EventType tells what an action of a finished call was. Other codes are unknown: kept, and warned about.")
    for number, action in spec.ACTIONS.items():
        details = ", ".join(f"{name} is the {detail.label}" for name, detail in action.details.items())
        yield entry(bold(str(number)), f"{action.name}{f': {details}' if details else ''}.")
    yield section("Rules")
    yield markup("What infocaller-validate(1) checks. `infocaller rules CODE` explains one, with an example and its fix.")
    for rule in RULES.values():
        yield entry(f"{bold(rule.code)} ({rule.level})", f"{rule.title[0].upper()}{rule.title[1:]}.")


def _checks() -> Iterator[str]:
    """The checks of an endpoint."""
    yield section("Checks")
    yield markup("`--list CODE` explains one, with its mend. X stands for XML, J for JSON, Q for queries and E for events.")
    for check in CHECKS.values():
        marks = "".join(name[0].upper() for name in (*check.formats, *check.kinds))
        yield entry(
            f"{bold(check.code)} ({check.level}, {marks})",
            f"{check.title[0].upper()}{check.title[1:]}: {check.varied}. Passes: {check.judged}.",
        )


def _section(part: spec.Section, above: str) -> Iterator[str]:
    path = f"{above}/{part.name}".lstrip("/")
    if spec.fields_of(part):
        yield subsection(path)
        yield f".PP\n{prose(part.about[0].upper() + part.about[1:])}{'; repeated' if part.many else ''}."
    for one in spec.fields_of(part):
        only = "" if one.kinds >= spec.ALL else f" Only in: {', '.join(sorted(kind.value for kind in one.kinds))}."
        yield entry(bold(one.name), f"{one.about[0].upper()}{one.about[1:]} ({one.value.value}).{only}")
    for below in part.parts:
        if isinstance(below, spec.Section):
            yield from _section(below, path)
