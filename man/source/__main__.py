"""`python man/source [FOLDER]` writes completions/, man/ and the texts of the command there; else in the repository it belongs to."""

import sys
from pathlib import Path

from files import files

root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2]
for name, data in files().items():
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)
        print(name)
