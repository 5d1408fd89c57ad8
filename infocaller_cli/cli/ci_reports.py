"""What systems of continuous integration read: annotations of GitHub Actions, and JUnit. Text in them is data, whoever wrote it."""

from __future__ import annotations

from collections.abc import Sequence

from ..streams import visible


def annotate(level: str, file: str, row: int | None, title: str, *message: str) -> None:
    """Print the workflow command that annotates a line of a file ("": of none). `level` is error or warning; `row` counts from 1;
    `message` in lines.
    """
    where = (f"file={_property(file)}," if file else "") + (f"line={row}," if row else "")
    print(f"::{level} {where}title={_property(title)}::{'%0A'.join(map(_message, message))}")


def _message(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


class Suite:
    """A suite of test cases in JUnit's XML."""

    def __init__(self, name: str) -> None:
        from xml.etree import ElementTree

        self._tree = ElementTree
        self._suite = ElementTree.Element("testsuite", {"name": name})
        self._failures = 0

    def add(
        self,
        name: str,
        group: str,
        failures: Sequence[str],
        type: str,
        output: Sequence[str] = (),
        *,
        seconds: float | None = None,
        skipped: str = "",
    ) -> None:
        """One case: the lines of its failure (none: it passed) and of its output. `type` says what kind of failure it is; `skipped`
        why it could not be tried.
        """
        time = {} if seconds is None else {"time": f"{seconds:.3f}"}
        case = self._tree.SubElement(self._suite, "testcase", {"name": visible(name), "classname": f"infocaller.{visible(group)}"} | time)
        if failures:
            self._failures += 1
            failure = self._tree.SubElement(case, "failure", {"message": visible(failures[0]), "type": type})
            failure.text = "\n".join(map(visible, failures))
        if skipped:
            self._tree.SubElement(case, "skipped", {"message": visible(skipped)})
        if output:
            self._tree.SubElement(case, "system-out").text = "\n".join(map(visible, output))

    def print(self) -> None:
        """Print the report."""
        counts = {"tests": str(len(self._suite)), "failures": str(self._failures), "errors": "0"}
        suites = self._tree.Element("testsuites", counts)
        self._suite.attrib.update(counts)
        if skipped := len(self._suite.findall("testcase/skipped")):
            self._suite.set("skipped", str(skipped))  # a suite's attribute; Jenkins' schema has none for all suites
        suites.append(self._suite)
        # ASCII with references is right whatever charset stdout has
        text = self._tree.tostring(suites, encoding="us-ascii").decode("ascii")
        print('<?xml version="1.0" encoding="utf-8"?>\n' + text)
