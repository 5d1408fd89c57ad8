"""Commands that set up: "Setting up" in `--help`."""
