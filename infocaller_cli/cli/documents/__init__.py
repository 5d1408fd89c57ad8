"""Commands on documents: "Documents" in `--help`."""
