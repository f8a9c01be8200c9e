"""Fuse certificate pinning into a finished mobile app, re-sign it and prove the result."""

__version__ = "0.1.0"
