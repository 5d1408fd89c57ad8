"""The command line: arguments, a call into the codec, a report, an exit code."""
