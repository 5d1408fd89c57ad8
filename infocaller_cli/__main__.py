"""`python -m infocaller_cli` is `infocaller`."""

from .cli.main import run

if __name__ == "__main__":
    run()
