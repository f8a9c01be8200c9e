"""Frameworks that apps are made with, told by classes and files; for people, no layer depends on them."""

from __future__ import annotations

import re

ANDROID_CLASSES = (
    ("Kotlin", "Lkotlin/Unit;"), ("Jetpack Compose", "Landroidx/compose/runtime/"), ("AndroidX", "Landroidx/core/"),
    ("React Native", "Lcom/facebook/react/bridge/"), ("Cordova", "Lorg/apache/cordova/"),
    ("Capacitor", "Lcom/getcapacitor/"), ("Flutter", "Lio/flutter/"), ("Xamarin or .NET", "Lmono/android/"),
    ("Unity", "Lcom/unity3d/player/"), ("NativeScript", "Lcom/tns/"), ("Titanium", "Lorg/appcelerator/titanium/"),
    ("Qt", "Lorg/qtproject/qt"), ("Godot", "Lorg/godotengine/"), ("Firebase", "Lcom/google/firebase/"),
    ("Google Play services", "Lcom/google/android/gms/"), ("Kivy", "Lorg/kivy/"),
)  # fmt: skip
"""Name, and how the descriptor of a class begins that the app defines."""

FILES = (
    ("React Native", r"assets/index\.android\.bundle|.*main\.jsbundle"),
    ("Hermes", r"lib/[^/]+/libhermes\.so|.*/hermes\.framework/hermes"),
    ("Cordova", r"assets/www/cordova\.js|.*/www/cordova\.js"),
    ("Flutter", r"lib/[^/]+/libflutter\.so|.*/Flutter\.framework/Flutter"),
    ("Xamarin or .NET", r"lib/[^/]+/lib(monosgen-2\.0|monodroid)\.so|assemblies/.*\.dll"),
    ("Unity", r"lib/[^/]+/libunity\.so|.*/UnityFramework\.framework/UnityFramework"),
    ("Unreal", r"lib/[^/]+/lib(UE4|Unreal)\.so"),
    ("Node.js", r"lib/[^/]+/libnode\.so"),
    ("Swift", r".*/Frameworks/libswiftCore\.dylib"),
)
"""Name, and which entries tell it."""


def by_files(names: list[str]) -> list[str]:
    """The frameworks that the entries of an app tell, in the order of the table."""
    return [name for name, pattern in FILES if any(map(re.compile(pattern).fullmatch, names))]
