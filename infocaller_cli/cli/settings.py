"""The settings as commands have them: a Report takes the notices."""

from __future__ import annotations

from ..config.settings import Settings as AnySettings
from .report import Report

Settings = AnySettings[Report]
