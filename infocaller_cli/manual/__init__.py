"""The manual pages and the completion scripts, written from the application and its tables, by `python -m infocaller_cli.manual`.

Words that no table has are in `text/`, one file a page. A test compares what is in the repository with what this writes.
"""
