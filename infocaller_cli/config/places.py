"""Where a configuration file is looked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

FILE_NAME = "infocaller.toml"
# Why it is this file: found where the command runs, named by nobody
HERE = "the current folder"


def find(explicit: str | None) -> tuple[Path | None, str]:
    """The configuration file that applies, and why it is this one; None where there is none. `explicit`: named by --config."""
    if explicit:
        return Path(explicit), "--config"
    if os.environ.get("INFOCALLER_CONFIG"):
        return Path(os.environ["INFOCALLER_CONFIG"]), "INFOCALLER_CONFIG"
    if Path(FILE_NAME).is_file():
        return Path(FILE_NAME), HERE
    path = user_path()
    return (path, "the user's configuration folder") if path.is_file() else (None, "")


def user_path() -> Path:
    """The configuration file in the user's configuration folder, there or not."""
    return user_folder() / FILE_NAME


def user_folder() -> Path:
    """The folder for what a user has configured, as the system has it, there or not."""
    if os.name == "nt":
        base = os.environ.get("APPDATA") or "~"
    elif sys.platform == "darwin":
        base = "~/Library/Application Support"
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base, "infocaller").expanduser()
