"""What builds, sets up and measures; nothing here is part of the installed package."""
