"""Mach-O files: read, and edited in place by a few bytes of their load commands."""
