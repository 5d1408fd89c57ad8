"""`infocaller convert`: documents in the other format; captures streaming, in order, on all cores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from ...codec import encode, other
from ...errors import ExitCode, InfocallerError, InputError, UsageError
from ...files import appearing
from .. import options
from ..inputs.items import Item, decode_item, source_items
from ..inputs.naming import finding_notes
from ..inputs.source import Source, open_source
from ..inputs.spread import results
from ..output import cannot_write, open_out, refuse_input
from ..report import place

if TYPE_CHECKING:
    from ...streams import Output
    from ..report import Report


@dataclass(frozen=True, slots=True)
class _Convert:
    """The work for a document, here and elsewhere the same. `indent` None: a single document is indented, several are not; `check`:
    report what converting it would change.
    """

    to: str
    indent: bool | None
    charset: str
    lenient: bool
    max_size: int
    check: bool
    exact: bool
    signature: bool

    def __call__(self, item: Item) -> Converted:
        try:
            decoded = decode_item(item, lenient=self.lenient, max_size=self.max_size)
            to = self.to or other(decoded.format)
            if self.check:
                from .convert_check import changes

                return Converted(item.index, b"", notes=tuple(changes(decoded, to, self.charset)))
            document = decoded.document if self.signature else decoded.document.without("UserID", "Signature")
            data = encode(document, to, indent=bool(self.indent), charset=self.charset)
            return Converted(item.index, data, notes=tuple(finding_notes(decoded)) if decoded.findings else (), format=to)
        except InfocallerError as error:
            return Converted(item.index, b"", error=error)

    def away(self) -> _Convert:
        return self


class Converted(NamedTuple):
    """One converted document: its bytes, or the error; and what reading it noticed."""

    record: int | None
    data: bytes
    error: InfocallerError | None = None
    notes: tuple[str, ...] = ()
    format: str = ""


def convert(
    context: typer.Context,
    files: options.Files,
    to: Annotated[options.Format | None, typer.Option(help="The format to write. Else the other one.", case_sensitive=False)] = None,
    out: Annotated[str | None, typer.Option("--out", "-o", metavar="OUT", help="Write here and not to standard output.")] = None,
    output_dir: Annotated[str | None, typer.Option(metavar="DIR", help="Write one file a document here.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --output-dir overwrite files.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; convert there and back and report what would change.")] = False,
    jobs: options.Jobs = None,
    indent: Annotated[
        bool | None,
        typer.Option("--indent/--compact", help="A single document is indented; several are one compact line each."),
    ] = None,
    encoding: Annotated[
        options.Encoding | None, typer.Option(help="How characters are written. Else ascii for XML, utf-8 for JSON.", case_sensitive=False)
    ] = None,
    no_signature: options.NoSignature = False,
    lenient: options.Lenient = False,
    exact: options.Exact = False,
    max_size: options.MaxSize = options.DEFAULT_SIZE,
) -> int:
    """Convert documents between XML and JSON. Nothing is dropped in silence.

    Several documents (a capture, several FILEs) come out as one compact document a line, in order.
    """
    report = options.settings(context).report
    if sum((out is not None, output_dir is not None, check)) > 1:
        raise UsageError("--out, --output-dir and --check exclude each other", "each says where the result goes")
    if force and output_dir is None:
        raise UsageError("--force goes with --output-dir", "--out always writes its file")
    if encoding is options.Encoding.LATIN1 and to is options.Format.JSON:
        raise UsageError("JSON is always UTF-8 or ASCII", "only XML is written in ISO-8859-1", "--encoding ascii")
    if check and no_signature:
        raise UsageError("--no-signature goes with what is written", "--check writes nothing")
    charset = encoding.value if encoding else ""
    plan = _Convert(to.value if to else "", indent, charset, lenient, options.size(max_size), check, exact, not no_signature)
    if check:
        return _run(files, plan, jobs, report, _Checked(report))
    if output_dir is not None:
        return _run(files, plan, jobs, report, _Folder(output_dir, files, force))
    refuse_input(files, out)
    with open_out(out) as stream:
        return _run(files, plan, jobs, report, _Stream(stream, several=len(files) > 1))


class _Stream:
    """One document as it is, several as one line each."""

    def __init__(self, stream: Output, several: bool) -> None:
        self._stream = stream
        self.several = several

    def __call__(self, source: Source, outcome: Converted) -> None:
        self._stream.write(outcome.data + b"\n")


class _Folder:
    """One file a document, named after its source and its index there; nothing is overwritten unasked."""

    several = False

    def __init__(self, folder: str, files: list[str], force: bool) -> None:
        self._folder = Path(folder)
        self._files = files
        self._force = force
        self._written: set[Path] = set()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from None

    def __call__(self, source: Source, outcome: Converted) -> None:
        path = self._folder / f"{_stem(source.name)}{'' if outcome.record is None else f'-{outcome.record}'}.{outcome.format}"
        if path in self._written:
            raise UsageError(f"{path} would be written twice", "two FILEs have the same name", "convert them into different folders")
        self._written.add(path)
        data = outcome.data + b"\n"
        try:
            if self._force:
                refuse_input(self._files, path)
            with appearing(path, force=self._force) as stream:
                stream.write(data)
        except FileExistsError:
            if not _holds(path, data):  # an earlier run that was ended has written it
                raise UsageError(f"{path} exists", "nothing is overwritten unasked", "--force overwrites it") from None
        except OSError as error:
            raise cannot_write(str(path), error) from None


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data


def _stem(name: str) -> str:
    """A source's name without its folder and its extensions."""
    if name == "-":
        return "stdin"
    path = Path(name)
    if path.suffix in (".gz", ".zst"):
        path = path.with_suffix("")
    return path.stem


class _Checked:
    """Reports what a conversion there and back would change."""

    several = False

    def __init__(self, report: Report) -> None:
        self._report = report
        self.changed = False

    def __call__(self, source: Source, outcome: Converted) -> None:
        where = place(source.name, outcome.record)
        if not outcome.notes:
            self._report.verdict(where, "unchanged", "green", "converts there and back without a change")
            return
        self.changed = True
        for note in outcome.notes:
            self._report.verdict(where, "would change", "yellow", note)


Sink = _Stream | _Folder | _Checked


def _run(files: list[str], plan: _Convert, jobs: int | None, report: Report, sink: Sink) -> int:
    """Convert every file into the sink; one bad file or document hides no other."""
    code = int(ExitCode.OK)
    for name in files:
        try:
            source = open_source(name, plan.max_size, exact=plan.exact)
            # A text holds one document, unless a search finds more
            items = None if source.many else list(source_items(source, report))
            several = sink.several or (isinstance(sink, _Stream) and (items is None or len(items) > 1))
            if several and plan.indent:
                raise UsageError(
                    "--indent goes with one document", "several come out as one line each", "--output-dir writes indented files"
                )
            indent = not several if plan.indent is None else plan.indent
            work = replace(plan, indent=indent)
            for outcome in map(work, items) if items is not None else results(source, work, report, jobs):
                code = max(code, _deliver(source, outcome, report, sink))
            source.reader.close()
        except InputError as error:
            code = max(code, report.error(error, name))
    if isinstance(sink, _Checked) and sink.changed:
        code = max(code, ExitCode.NO)
    return code


def _deliver(source: Source, outcome: Converted, report: Report, sink: Sink) -> int:
    if outcome.error is not None:
        return report.error(outcome.error, source.name, outcome.record)
    if not isinstance(sink, _Checked):
        for note in outcome.notes:
            report.note(f"{place(source.name, outcome.record)}{note}")
    try:
        sink(source, outcome)
    except InfocallerError as error:
        return report.error(error, source.name, outcome.record)
    return ExitCode.OK
