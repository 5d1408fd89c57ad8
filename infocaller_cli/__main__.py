"""`python -m infocaller_cli` is `infocaller`."""

import sys

from infocaller_cli.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
