"""Sign, verify, convert, validate and show the documents of Infocaller's API.

The command line is `infocaller`; the library is `infocaller_cli.codec`. Importing this package imports nothing else.
"""

__version__ = "0.1.0"
