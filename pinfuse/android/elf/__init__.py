"""ELF shared libraries of an app: read with bounds, and edited without moving a byte that was there."""
