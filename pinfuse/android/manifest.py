"""The manifest: what an app says of itself, and the few attributes that protection changes.

Resource ids are those of AOSP core/res/res/values/public-final.xml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pinfuse.android import names
from pinfuse.android.resources.axml import (
    TRUE,
    TYPE_BOOLEAN,
    TYPE_INT,
    TYPE_INT_HEX,
    TYPE_NULL,
    TYPE_REFERENCE,
    TYPE_STRING,
    Attribute,
    Document,
    Element,
)
from pinfuse.android.resources.chunks import Place
from pinfuse.errors import DamagedApp, UnsupportedApp

ENTRY = "AndroidManifest.xml"
LARGEST = 16 << 20
PLACE = Place(ENTRY)

NAME, HAS_CODE, PROCESS, EXPORTED, AUTHORITIES, INIT_ORDER = (
    0x01010003, 0x0101000C, 0x01010011, 0x01010010, 0x01010018, 0x0101001A,
)  # fmt: skip
DEBUGGABLE, SHARED_USER_ID, ISOLATED_PROCESS, DIRECT_BOOT_AWARE = 0x0101000F, 0x0101000B, 0x010103A9, 0x01010505
MIN_SDK, TARGET_SDK, VERSION_CODE, VERSION_NAME = 0x0101020C, 0x01010270, 0x0101021B, 0x0101021C
EXTRACT_NATIVE_LIBS, FACTORY, TARGET_PACKAGE, SPLIT_REQUIRED = 0x010104EA, 0x0101057A, 0x01010021, 0x01010591
BACKUP_AGENT, ALLOW_BACKUP = 0x0101027F, 0x01010280
VALUE, REQUIRED_SPLIT_TYPES, SPLITS_MARK = 0x01010024, 0x0101064E, "com.android.vending.splits.required"
CODENAME_SDK = 10000
"""A codename such as ``UpsideDownCake`` stands for a platform that has no number yet (``CUR_DEVELOPMENT``)."""
FIRST_OF_ALL = 0x7FFF_FFFF
LONGEST_NAME = 256
"""Characters of a package or process; the stub takes no longer package (``stub/android/adapter.c``)."""
MOST_NAMED = 16
"""Processes whose names are resources, at most."""
COMPONENTS = ("activity", "service", "receiver", "provider")
PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an app says of itself."""

    package: str
    version: str
    min_sdk: int
    target_sdk: int
    debuggable: bool
    has_code: bool
    extract_native_libs: bool | None
    factory: str
    """Full class name of the app's own AppComponentFactory; "" for none."""
    processes: tuple[str, ...]
    """Names of processes besides the main one, isolated ones left out, in the order of the file."""
    split: str
    shared_user: str
    instruments: str
    """The package that this one tests, "" for none."""
    needs_splits: bool
    providers: tuple[str, ...]
    backup_agent: str
    """As it stands there; "" for none, and where the app allows no backup."""


class ManifestFile:
    """The manifest of one app, to be read and changed.

    ``strings`` gives the string of a resource that is the same in every configuration, None for any other.
    """

    def __init__(self, data: bytes, strings: Callable[[int], str | None] = lambda _: None) -> None:
        self._strings = strings
        self._named: dict[int, str] = {}
        self.document = Document(data, PLACE)
        self.root, self.application_at, self.application = self._find()
        self.facts = self._facts()

    def _find(self) -> tuple[Element, int, Element]:
        root = None
        found = []
        for index, path, element in self.document.walk():
            if len(path) == 1 and root is not None:
                raise PLACE.bad("it has a second root, which Android does not read")
            if len(path) == 1:
                root = element
            if path == ("manifest", "application"):
                found.append((index, element))
        if root is None or self.document.pool.text(root.name) != "manifest":
            raise PLACE.bad("its root is not <manifest>")
        if len(found) != 1:
            raise UnsupportedApp(f"it has {len(found)} <application> elements instead of one", where=ENTRY)
        return root, *found[0]

    def _facts(self) -> Manifest:
        document, root, application = self.document, self.root, self.application
        package = document.string_of(document.find(root, "package")) or ""
        if not PACKAGE.fullmatch(package) or len(package) > LONGEST_NAME:
            what = f"the package name {package[:80]!r} is none" + (f": {len(package)} characters" * (len(package) > 80))
            raise DamagedApp(what, where=ENTRY)
        minimum, target = self._sdks()
        code = document.find(root, VERSION_CODE)
        version = document.string_of(document.find(root, VERSION_NAME)) or "?"
        instrumented = [e for _, path, e in document.walk() if path == ("manifest", "instrumentation")]
        targets = [document.string_of(document.find(one, TARGET_PACKAGE)) or "" for one in instrumented]
        return Manifest(
            package=package,
            version=f"{version} ({code.data})" if code else version,
            min_sdk=minimum,
            target_sdk=target,
            debuggable=self._flag(application, DEBUGGABLE) is True,
            has_code=self._flag(application, HAS_CODE) is not False,
            extract_native_libs=self._flag(application, EXTRACT_NATIVE_LIBS),
            factory=self._factory(package),
            processes=self._processes(package),
            split=document.string_of(document.find(root, "split")) or "",
            shared_user=document.string_of(document.find(root, SHARED_USER_ID)) or "",
            instruments=next((one for one in targets if one and one != package), ""),
            needs_splits=self._needs_splits(),
            providers=tuple(
                document.string_of(document.find(e, NAME)) or ""
                for _, path, e in document.walk()
                if path == ("manifest", "application", "provider")
            ),
            backup_agent=self._backup_agent(),
        )

    def _backup_agent(self) -> str:
        """As PackageParser, which looks for one only where backup is allowed, as it is where nothing is said."""
        found = self.document.find(self.application, BACKUP_AGENT)
        if found is None or found.type == TYPE_NULL or self._flag(self.application, ALLOW_BACKUP) is False:
            return ""
        name = self.document.string_of(found)
        return f"{found.data:#010x}" if name is None else name

    def _needs_splits(self) -> bool:
        """As the system has it, and as bundletool marks it for the store."""
        document = self.document
        marks = [
            self._flag(one, VALUE)
            for _, path, one in document.walk()
            if path == ("manifest", "application", "meta-data")
            and document.string_of(document.find(one, NAME)) == SPLITS_MARK
        ]
        flags = (*marks, self._flag(self.root, SPLIT_REQUIRED), self._flag(self.application, SPLIT_REQUIRED))
        return any(flags) or bool(document.string_of(document.find(self.root, REQUIRED_SPLIT_TYPES)))

    def _flag(self, element: Element, resource_id: int) -> bool | None:
        found = self.document.find(element, resource_id)
        return bool(found.data) if found and found.type in (TYPE_BOOLEAN, TYPE_INT, TYPE_INT_HEX) else None

    def _sdk_elements(self) -> list[Element]:
        return [element for _, path, element in self.document.walk() if path == ("manifest", "uses-sdk")]

    def _sdks(self) -> tuple[int, int]:
        """As PackageParser: the last ``uses-sdk`` counts; without one both are 1; the target is at least stated."""
        elements = self._sdk_elements()
        if not elements:
            return 1, 1
        minimum = self._sdk(self.document.find(elements[-1], MIN_SDK)) or 1
        return minimum, self._sdk(self.document.find(elements[-1], TARGET_SDK)) or minimum

    def _sdk(self, attribute: Attribute | None) -> int | None:
        if attribute is None:
            return None
        if attribute.type in (TYPE_INT, TYPE_INT_HEX):
            return attribute.data
        text = self.document.string_of(attribute)
        if text is None:
            raise UnsupportedApp("its SDK version is a reference to a resource", where=ENTRY)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else CODENAME_SDK

    def _factory(self, package: str) -> str:
        """As ``buildClassName`` of AOSP ParsingUtils.java: a name without a dot belongs to the package."""
        found = self.document.find(self.application, FACTORY)
        if found is None:
            return ""
        name = self.document.string_of(found)
        if name is None:
            raise UnsupportedApp("its appComponentFactory is a reference to a resource", where=ENTRY)
        if name.startswith("."):
            return package + name
        return name if "." in name else f"{package}.{name}"

    def _processes(self, package: str) -> tuple[str, ...]:
        main = self._process(self.application, package) or package
        found: dict[str, None] = {}
        for _, path, element in self.document.walk():
            if len(path) == 3 and path[:2] == ("manifest", "application") and path[2] in COMPONENTS:
                process = self._process(element, package)
                if process and process != main and not self._flag(element, ISOLATED_PROCESS):
                    found[process] = None
        return tuple(found)

    def _process(self, element: Element, package: str) -> str:
        name = self._process_name(self.document.find(element, PROCESS))
        if len(name) > LONGEST_NAME:
            raise DamagedApp(f"a process has a name of {len(name)} characters", where=ENTRY)
        return package + name if name.startswith(":") else name

    def _process_name(self, attribute: Attribute | None) -> str:
        """As ``getNonConfigurationString`` of AOSP TypedArray.java; raises `UnsupportedApp` where it depends."""
        if attribute is None or attribute.type == TYPE_NULL:
            return ""
        if attribute.type != TYPE_REFERENCE:
            name = self.document.string_of(attribute)
        elif attribute.data in self._named:
            return self._named[attribute.data]
        elif len(self._named) == MOST_NAMED:
            raise UnsupportedApp(f"more than {MOST_NAMED} of its processes have resources for names", where=ENTRY)
        else:
            name = self._strings(attribute.data)
        if name is None:
            raise UnsupportedApp(
                f"a process has {attribute.data:#010x} for its name, which is not one string in every configuration",
                where=ENTRY,
                todo="write the name into android:process",
            )
        if attribute.type == TYPE_REFERENCE:
            self._named[attribute.data] = name
        return name

    def _is_private(self, process: str) -> bool:
        """Whether the app calls it ``:name``; ``buildCompoundName`` of ParsingUtils.java refuses the whole name."""
        return process.startswith(f"{self.facts.package}:")

    def raise_min_sdk(self, level: int) -> None:
        """Set ``minSdkVersion``; what the app targets stays what it was, also where it followed the minimum."""
        target = self.facts.target_sdk
        elements = self._sdk_elements()
        element = elements[-1] if elements else self.document.add_element(self.application_at, "uses-sdk")
        self.document.set(element, MIN_SDK, "minSdkVersion", TYPE_INT, level)
        if self.document.find(element, TARGET_SDK) is None:
            self.document.set(element, TARGET_SDK, "targetSdkVersion", TYPE_INT, target)

    def protect(self) -> None:
        """Name our factory, and one provider for each process that has a place."""
        document = self.document
        document.set(self.application, FACTORY, "appComponentFactory", TYPE_STRING, names.FACTORY)
        for _, attributes in self._providers():
            start = next(i for i, node in enumerate(document.nodes) if node is self.application)
            provider = document.add_element(document.end_of(start), "provider")
            for resource_id, text, kind, value in attributes:
                document.set(provider, resource_id, text, kind, value)

    def _providers(self) -> Iterator[tuple[str, tuple[tuple[int, str, int, int | str], ...]]]:
        """Class and attributes (resource id, name, type, value) of each provider of the shim."""
        package = self.facts.package
        for number, (process, name) in enumerate(zip(("", *self.facts.processes), names.PROVIDERS, strict=False)):
            own = process.removeprefix(package) if self._is_private(process) else process
            yield (
                name,
                (
                    (NAME, "name", TYPE_STRING, name),
                    (EXPORTED, "exported", TYPE_BOOLEAN, 0),
                    *([(PROCESS, "process", TYPE_STRING, own)] if process else []),
                    (AUTHORITIES, "authorities", TYPE_STRING, f"{package}{names.AUTHORITY}{number or ''}"),
                    (INIT_ORDER, "initOrder", TYPE_INT, FIRST_OF_ALL),
                    (DIRECT_BOOT_AWARE, "directBootAware", TYPE_BOOLEAN, TRUE),
                ),
            )

    def altered_providers(self) -> tuple[str, ...]:
        """Providers of the shim that are not as `protect` makes them: absent, twice, or with other attributes."""
        found: dict[str, list[Element]] = {}
        for _, path, element in self.document.walk():
            if path[-1] == "provider":
                found.setdefault(self.document.string_of(self.document.find(element, NAME)) or "", []).append(element)
        wanted = {name: {one: (kind, value) for one, _, kind, value in rows} for name, rows in self._providers()}
        return tuple(
            name
            for name in dict.fromkeys((*wanted, *(one for one in found if one in names.PROVIDERS)))
            if [self._values(one) for one in found.get(name, [])] != [_comparable(wanted.get(name, {}))]
        )

    def _values(self, element: Element) -> dict[int, tuple[int, int | str | None]] | None:
        """Type and value of each attribute by its resource id; None where one stands in it twice."""
        document = self.document
        rows = [
            (document.resource_id(one), (one.type, document.string_of(one) if one.type == TYPE_STRING else one.data))
            for one in element.attributes
        ]
        return _comparable(dict(rows)) if len(dict(rows)) == len(rows) else None

    def pack(self) -> bytes:
        """The whole file."""
        return self.document.pack()


def _comparable(values: Mapping[int, tuple[int, int | str | None]]) -> dict[int, tuple[int, int | str | None]]:
    """Truth is truth, and a number a number, however a tool writes it."""
    plain = {TYPE_INT_HEX: TYPE_INT}
    return {
        one: (plain.get(kind, kind), bool(value) if kind == TYPE_BOOLEAN else value)
        for one, (kind, value) in values.items()
    }
