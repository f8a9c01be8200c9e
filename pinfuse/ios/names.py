"""Names inside a protected app for iOS, and of what the system and Xcode put there."""

from __future__ import annotations

EXECUTABLE = "PFuse"
FOLDER = "Frameworks/PFuse.framework"
"""In the folder of an app or App Clip."""
BINARY = f"{FOLDER}/{EXECUTABLE}"
IDENTIFIER = "org.pinfuse.PFuse"
INFO = "Info.plist"
OTHER_INFO = ("Info-iphoneos.plist", "Info-iphonesimulator.plist")
"""What CoreFoundation reads in its place where it is there."""
PRIVACY = "PrivacyInfo.xcprivacy"
PROFILE = "embedded.mobileprovision"
SECURITY = "/System/Library/Frameworks/Security.framework/Security"
"""The path in the load commands of whoever evaluates trust itself."""
WATCH_STUB = "_WatchKitStub/WK"
"""Apple's own program inside of watch apps; it keeps Apple's signature."""
PURCHASED = "SC_Info/"
"""The keys of a copy out of the App Store."""
