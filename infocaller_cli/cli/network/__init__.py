"""Commands that send, answer and record: "The network" in `--help`."""
