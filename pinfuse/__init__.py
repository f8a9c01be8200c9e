"""Fuse certificate pinning into a finished mobile app, re-sign it and prove the result."""
