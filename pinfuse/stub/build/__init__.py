"""Building the payload from its sources; needed by ``make payload`` only, never by ``pip install``."""
