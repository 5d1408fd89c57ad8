"""`python -m infocaller_cli` is `infocaller`."""

import sys

from .cli.main import main

if __name__ == "__main__":
    sys.exit(main())
