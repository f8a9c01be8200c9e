"""androguard: the manifest as XML, a package name, and certificates of every signature."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def available() -> bool:
    try:
        import androguard.core.apk  # noqa: F401 - only whether it is here
    except ImportError:
        return False
    return True


def check(apk: Path) -> list[str]:
    from androguard.core.apk import APK
    from loguru import logger

    logger.remove()
    errors: list[str] = []
    sink = logger.add(lambda message: errors.append(str(message).strip()), level="ERROR", format="{message}")
    try:
        return errors + _read(APK(str(apk)))
    except Exception as error:  # a foreign reader may raise anything; that is its complaint
        return [*errors, f"{type(error).__name__}: {error}"]
    finally:
        logger.remove(sink)


def _read(apk: Any) -> list[str]:
    complaints = []
    if not apk.is_valid_APK():
        complaints.append("is_valid_APK() is false")
    if apk.get_android_manifest_xml() is None:
        complaints.append("no manifest")
    if not apk.get_package():
        complaints.append("no package name")
    for scheme, certificates in (("v2", apk.get_certificates_v2), ("v3", apk.get_certificates_v3)):
        if getattr(apk, f"is_signed_{scheme}")() and not certificates():
            complaints.append(f"signed with {scheme}, but no certificate")
    return complaints
