"""The function app's settings: read once, checked whole, refused by name."""

from shared.settings.app import AppSettings
from shared.settings.examination import INCOMPLETE, Reading, complaints, examine_settings

__all__ = ["INCOMPLETE", "AppSettings", "Reading", "complaints", "examine_settings"]
