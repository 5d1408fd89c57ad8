"""The checks of variables and of an answer's result: names, characters, how they were written. Nothing here raises or prints."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import spec
from .model import Document, Path, show_path
from .spec import Kind
from .subject import Hit, Subject, quote

_VAR_NAME = re.compile(spec.VAR_NAME)
_OUTSIDE = re.compile(f"[^{spec.PRINTABLE}]")
_MULTIBYTE = re.compile(r"[^\x00-\x7f]{2,}")
# Frameworks that could not decode an escape leave it in capital letters
_PERCENT = re.compile("(?:%[0-9A-F]{2})++")
# Nothing the rules could object to: no entity, no escape, no white space around it, no character outside, no UTF-8 read as ISO-8859-1
_PLAIN = "!-$'-~\xa1-\xff"
_PLAIN_VALUE = re.compile(f"(?!.*[\xc2-\xf4][\x80-\xbf])(?:[{_PLAIN}](?:[ \xa0{_PLAIN}]*[{_PLAIN}])?)?")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")
_WHERE = "look at how the form, or the answer, is read: its bytes first, the charset second"


def is_plain_answer(document: Document) -> bool:
    """Whether one look shows that no check of an answer has anything to say; most have one variable or two, and are."""
    status = document.root.get("Status", {})
    if not status.get("Result") or not _PLAIN_VALUE.fullmatch(status.get("ResultText", "&")):
        return False
    names = set()
    variables = document.variables
    for name, value in variables:
        if not _VAR_NAME.fullmatch(name) or not _PLAIN_VALUE.fullmatch(value):
            return False
        names.add(name.lower())
    return len(names) == len(variables)


def lost(subject: Subject) -> Iterator[Hit]:
    """An answer's variables that stand where nobody looks for them: one error for all."""
    strays = subject.strays
    if not strays:
        return
    names = list(dict.fromkeys(path.rpartition("/")[2].replace("~1", "/").replace("~0", "~") for path in strays))
    keys = names == [path.rpartition("/")[2] for path in strays] and subject.document.root["CustVars"].keys() >= set(names)
    as_keys = keys and not {"varname", "varvalue"} & {name.lower() for name in names}
    number = _variables_in(subject)
    reach = f"{number} variable{'s of the answer reach' if number != 1 else ' of the answer reaches'} nobody"
    held = "text" if names == ["CustVars"] else ", ".join(name[:40] for name in names[:4]) + (", ..." if len(names) > 4 else "")
    php = " (PHP: array_values() makes a list of it)" if all(name.isdigit() for name in names) else ""
    right = _right_form(subject, names[0] if as_keys else "PEDIDO")
    path = ("CustVars", names[0]) if as_keys else ("CustVars",)
    yield Hit("IC004" if as_keys else "IC008", path, f"{reach}: CustVars holds {held} where CustVar belongs{php}; right: {right}", "error")


def _variables_in(subject: Subject) -> int:
    """How many variables were meant by what stands in CustVars beside CustVar."""
    named: dict[str, int] = {}  # place of a stray -> how many names stand below it
    decoded = subject.decoded
    if decoded is not None and re.search(r"varname|\\u", decoded.text.chars, re.IGNORECASE):
        from .spans import spans

        for path in spans(decoded.text.chars, decoded.format):
            if path[:1] == ("CustVars",) and len(path) > 2 and str(path[-1]).lower() == "varname":
                for place in (path[:2], path[:3]):
                    shown = show_path(place, decoded.format)
                    named[shown] = named.get(shown, 0) + 1
    last = [path.rpartition("/")[2].lower() for path in subject.strays]
    values = last.count("varvalue") if "varname" in last else 0
    return sum(named.get(path, 1) for path in subject.strays) - values


def _right_form(subject: Subject, name: str) -> str:
    if subject.decoded is not None and subject.decoded.format == spec.XML:
        return f"<CustVars><CustVar><VarName>{name}</VarName><VarValue>...</VarValue></CustVar></CustVars>"
    return f'{{"CustVars": {{"CustVar": [{{"VarName": "{name}", "VarValue": "..."}}]}}}}'


def variables(subject: Subject) -> Iterator[Hit]:
    """IC401 to IC403, IC405, IC406: names and values."""
    seen: dict[str, str] = {}  # lower-case name -> name as it stood first
    nodes = subject.document.root.get("CustVars", {}).get("CustVar", [])
    missing = "" if subject.strays else f"VarName is missing; right: {_right_form(subject, 'PEDIDO')}"  # there may be a million
    for index, node in enumerate(nodes):
        place: Path = ("CustVars", "CustVar", index)
        name, value = node.get("VarName", ""), node.get("VarValue", "")
        if "VarName" not in node:
            if missing:  # else it is told what becomes of all of them
                yield Hit("IC401", (*place, "VarName"), missing)
        elif not _VAR_NAME.fullmatch(name):
            yield Hit("IC401", (*place, "VarName"), f"VarName is {quote(name)}, not 1 to {spec.VAR_NAME_LENGTH} of A-Z a-z 0-9")
        first = seen.get(name.lower())
        if first is None:
            seen[name.lower()] = name
        elif name:
            before = f" ({quote(first)} before)" if first != name else ""
            yield Hit("IC403", (*place, "VarName"), f"the variable {quote(name)} stands twice{before}")
        if not value or _PLAIN_VALUE.fullmatch(value):
            continue
        yield from _characters(value, (*place, "VarValue"), "VarValue")
        yield from _escapes(value, (*place, "VarValue"), "VarValue")
        if value != value.strip():
            yield Hit("IC406", (*place, "VarValue"), "the value begins or ends with white space: a condition on it may fail")


def _entity(value: str) -> str | None:
    """The first entity in a decoded text: a numeric one, or one that XML or HTML knows by name."""
    for found in _ENTITY.finditer(value):
        if found[1] is None:
            return found[0]
        from html.entities import html5

        if f"{found[1]};" in html5:
            return found[0]
    return None


def _characters(value: str, place: Path, name: str) -> Iterator[Hit]:
    """IC402: characters that may not stand there, and those that only a wrong decoding makes."""
    found = _OUTSIDE.search(value)
    meant = _MULTIBYTE.sub(_decoded, value) if not value.isascii() else value
    if "\ufffd" in meant:
        problem = f"{name} holds U+FFFD (\ufffd): a framework decoded ISO-8859-1 as UTF-8, and the letter is lost; {_WHERE}"
        yield Hit("IC402", place, problem, "error" if found else "warning")
    elif meant != value:
        problem = f"{name} is {quote(value)}: UTF-8 was decoded as ISO-8859-1, {quote(meant)} was meant; {_WHERE}"
        yield Hit("IC402", place, problem, "error" if found else "warning")
    elif found:
        what = f"U+{ord(found[0]):04X}{_of_windows(found[0])}"
        yield Hit("IC402", place, f"{name} holds {what}; only printable ASCII and ISO-8859-1 may stand there")


def _decoded(run: re.Match[str]) -> str:
    """What a run of letters was before its UTF-8 was decoded as ISO-8859-1 or Windows-1252; the run itself where it was no UTF-8."""
    try:
        meant = b"".join(one.encode("iso-8859-1" if one <= "\xff" else "cp1252") for one in run[0]).decode()
    except UnicodeError:
        return run[0]
    # Two letters that are UTF-8 by chance (an accented capital before a closing quotation mark) make one of a far alphabet
    return meant if all(one > "\u07ff" or one.encode("cp1252", "ignore") for one in meant) else run[0]


def _of_windows(character: str) -> str:
    if "\x80" <= character <= "\x9f":
        meant = bytes([ord(character)]).decode("cp1252", "ignore")
        return f": byte {ord(character):02X}, in Windows-1252 the character {meant}" if meant else ""
    if character > "\xff" and character.encode("cp1252", "ignore"):
        return f" ({character}), which Windows-1252 has but ISO-8859-1 has not"
    return ""


def _escapes(value: str, place: Path, name: str) -> Iterator[Hit]:
    """IC405: what should have been decoded once more, or was written once too often."""
    entity = _entity(value)
    if entity:
        yield Hit("IC405", place, f"{name} still holds {entity}: it was escaped twice, or where it must not be")
    for run in _PERCENT.finditer(value):
        octets = bytes.fromhex(run[0].replace("%", ""))
        rebate = run.start() > 0 and value[run.start() - 1].isdigit()  # 20%DE...
        if not rebate and octets.decode("utf-8", "ignore").encode() != octets:  # in a URL, UTF-8 is meant to be escaped
            problem = f"{name} is still percent-encoded: {run[0]} is {octets.decode('iso-8859-1')!r} in ISO-8859-1; {_WHERE}"
            yield Hit("IC405", place, problem)
            break


def response(subject: Subject) -> Iterator[Hit]:
    """IC501, IC502, and what IC402 and IC405 say of the text."""
    if subject.kind is not Kind.RESPONSE:
        return
    status = subject.document.root.get("Status")
    if status is not None:
        if not status.get("Result"):
            yield Hit("IC501", ("Status", "Result"), "Result is missing or empty: the caller cannot know whether it worked")
        if "ResultText" not in status:
            yield Hit("IC502", ("Status", "ResultText"), "ResultText is missing")
        text = status.get("ResultText", "")
        yield from _characters(text, ("Status", "ResultText"), "ResultText")
        yield from _escapes(text, ("Status", "ResultText"), "ResultText")


def raw_marks(subject: Subject) -> Iterator[Hit]:
    """Appendix 3 wants five characters as entities; only the source shows whether they were written so."""
    decoded = subject.decoded
    if subject.kind is not Kind.RESPONSE or decoded is None or decoded.format != spec.XML:
        return
    if not re.search("[>'\"]", "".join(value for _, value in subject.document.variables)):
        return
    from .spans import spans

    text = decoded.text.chars
    for path, span in spans(text, spec.XML).items():
        if len(path) != 4 or path[:2] != ("CustVars", "CustVar") or path[3] != "VarValue" or span.inner_start is None:
            continue
        marks = dict.fromkeys(re.findall("[>'\"]", _without_markup(text[span.inner_start : span.inner_end])))
        if marks:
            verb = "stands in the value as itself" if len(marks) == 1 else "stand in the value as themselves"
            entities = " ".join(spec.ENTITIES[mark] for mark in marks)
            yield Hit("IC404", path, f"{' '.join(marks)} {verb}; Appendix 3 wants {entities}")


def _without_markup(raw: str) -> str:
    """The characters of a value as they stand in the source, without comments; CDATA keeps its content. The source is well-formed."""
    from .spans import skip

    kept = []
    at = 0
    while (mark := raw.find("<", at)) >= 0:
        kept.append(raw[at:mark])
        at = skip(raw, mark) or len(raw)
        if raw.startswith("<![CDATA[", mark):
            kept.append(raw[mark + 9 : at - 3])
    return "".join((*kept, raw[at:]))
