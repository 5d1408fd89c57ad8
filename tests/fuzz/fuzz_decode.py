"""Coverage-guided fuzzing of the codec. Optional: it needs atheris, which the ordinary tests do not.

    pip install atheris
    PYTHONPATH=. python tests/fuzz/fuzz_decode.py -runs=100000
    PYTHONPATH=. python tests/fuzz/fuzz_decode.py -max_total_time=600 CORPUS_FOLDER

The sentence it checks: `decode` raises only DecodeError, strict and lenient; and what it read either comes back equal
after `encode` and `decode`, in both formats, or `encode` raises EncodeError. Besides: a document read has spans, which
`sign` and `validate` rely on, and a body of any bytes is an envelope or a DecodeError.

A finding is an exception with a traceback; libFuzzer saves the input as crash-* (timeout-*, slow-unit-*) in the
current folder. Give that file as the only argument to see it again. Turn a finding into a file in tests/vectors/
or a case in tests/codec/ before mending it.

Without a corpus folder the vectors are the seeds. Other arguments are libFuzzer's (-help=1 lists them).
"""

import contextlib
import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["infocaller_cli", "json.decoder", "json.scanner"]):
    from infocaller_cli import codec
    from infocaller_cli.cli.inputs.unwrap import search
    from infocaller_cli.codec import decode, encode
    from infocaller_cli.codec.form import open_body
    from infocaller_cli.codec.spans import spans
    from infocaller_cli.errors import DecodeError, EncodeError

    # The rest of the codec is imported when it is first needed, which would be too late to instrument it
    for module in pkgutil.iter_modules(codec.__path__):
        importlib.import_module(f"{codec.__name__}.{module.name}")

VECTORS = Path(__file__).parents[1] / "vectors"
# The pieces a random byte string would take ages to hit upon
TOKENS = [
    *[
        '<ApiCall xmlns=\\"http://tempuri.org/\\">',
        "</ApiCall>",
        "<UserID>",
        "<Infocaller>",
        "<Status>",
        "<Events>",
        "<Event>",
        "<CustVars>",
    ],
    *[
        "<CustVar>",
        "<LineNumber>",
        "<CallSequence>",
        "<Signature/>",
        "<CostRX>",
        "<VarName>",
        "<VarValue>",
        "<Result>",
        "<QueryName>",
        "<x:y/>",
    ],
    *[
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?xml ",
        "?>",
        "<!DOCTYPE",
        "<!ENTITY",
        "&#13;",
        "&amp;",
        "&a;",
        'xmlns=\\"\\"',
        "encoding='UTF-16'",
    ],
    *['{\\"ApiCall\\":', '\\"UserID\\":', '\\"Infocaller\\":', '\\"Status\\":', '\\"Events\\":', '\\"Event\\":', '\\"CustVars\\":'],
    *[
        '\\"CustVar\\":',
        '\\"CostRX\\":',
        '\\"VarName\\":',
        "\\\\ud83d",
        "\\\\u0053",
        "null",
        "NaN",
        "1e999",
        "[[[[[[[[",
        "apiInfocaller=",
        "%3C",
    ],
    *["\\xc2\\xa0", "\\xe2\\x80\\x9d", "\\xff\\xfe", "\\xef\\xbb\\xbf"],
]


def check(data):
    """The sentence, for one input; what it does not allow escapes as an exception."""
    with contextlib.suppress(DecodeError):
        open_body(data)
    search(data)
    for lenient in (False, True):
        try:
            decoded = decode(data, lenient=lenient)
        except DecodeError:
            continue
        spans(decoded.text.chars, decoded.format)
        for format in ("xml", "json"):
            for charset in ("ascii", "utf-8"):
                try:
                    written = encode(decoded.document, format, charset=charset)
                except EncodeError:
                    continue
                again = decode(written).document
                assert again == decoded.document, f"{format}, {charset}: {decoded.document} became {again}"


def main():
    """Run libFuzzer with the command line's arguments, with the vectors as seeds where no folder is named."""
    arguments = list(sys.argv)
    with tempfile.TemporaryDirectory() as folder:
        dictionary = Path(folder, "tokens.dict")
        dictionary.write_text("".join(f'"{token}"\n' for token in TOKENS))
        arguments.append(f"-dict={dictionary}")
        if not any(Path(argument).exists() for argument in arguments[1:]):
            seeds = Path(folder, "seeds")
            seeds.mkdir()
            for number, path in enumerate(sorted(VECTORS.rglob("*.*"))):
                if path.is_file():
                    Path(seeds, f"{number}{path.suffix}").write_bytes(path.read_bytes())
            arguments.append(str(seeds))
        atheris.Setup(arguments, check)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
