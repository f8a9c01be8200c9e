"""The APK as a format: `inspect`, `fuse`, `sign`, `verify` over the rooms of this package."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import BinaryIO

from pinfuse.android import names
from pinfuse.android.asked import promises_asked
from pinfuse.android.bond import bond
from pinfuse.android.examine import examine
from pinfuse.android.fuse import LARGEST_TABLE, TABLE, Parts, fuse
from pinfuse.android.manifest import CODENAME_SDK, ENTRY, LARGEST, Manifest, ManifestFile
from pinfuse.android.output import write_apk, write_stand_in
from pinfuse.android.packing import LIBRARY
from pinfuse.android.promises import promises_of, stubs_in
from pinfuse.android.resources.chunks import Place
from pinfuse.android.resources.files import plain_string
from pinfuse.android.resources.table import check_table
from pinfuse.android.signing.block import KNOWN, PADDING, V2, V3, V31, read_block
from pinfuse.android.signing.debugkey import debug_signer, throwaway_signer
from pinfuse.android.signing.keys import ApkSigner, load_signer
from pinfuse.android.signing.verify import identities, older_signers, verify_apk
from pinfuse.container.reader import Archive
from pinfuse.formats import (
    Bond,
    Draft,
    Examination,
    FuseOptions,
    Inspection,
    Promise,
    Signer,
    SigningRequest,
    StubImage,
    Verification,
    Written,
)
from pinfuse.policy.model import FusionSet
from pinfuse.policy.rules import Rules
from pinfuse.signing.words import ANDROID, require_words_of
from pinfuse.stub.payload import with_well

TRANSPARENCY = "META-INF/code_transparency_signed.jwt"


class ApkFile:
    """An opened APK; raises `pinfuse.errors.DamagedApp` where the archive itself is damaged."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        try:
            self._manifest_data = self._archive.read(ENTRY, LARGEST)
            self._facts: Manifest = self._manifest().facts
        except BaseException:
            self.close()
            raise

    def inspect(self) -> Inspection:
        """What the app is, from its manifest, its signatures and the names in it."""
        facts, entries = self._facts, self._archive.entries
        architectures = sorted({name.split("/")[1] for name in entries if LIBRARY.fullmatch(name)})
        ours = facts.factory == names.FACTORY or not set(names.PROVIDERS).isdisjoint(facts.providers)
        return Inspection(
            format="APK",
            app_id=facts.package,
            version=facts.version,
            min_system="a preview of Android" if facts.min_sdk == CODENAME_SDK else f"Android API {facts.min_sdk}",
            signers=identities(self._archive),
            architectures=tuple(architectures),
            protected=ours or any(name.endswith(f"/{names.LIBRARY}") for name in entries),
            obstacles=tuple(self._obstacles()),
        )

    def _manifest(self) -> ManifestFile:
        """Read anew: what one caller changes in it, no other sees."""
        return ManifestFile(self._manifest_data, self._string)

    def _string(self, resource: int) -> str | None:
        return plain_string(self._table, resource, Place(TABLE)) if TABLE in self._archive.entries else None

    @cached_property
    def _table(self) -> bytes:
        """The resource table, checked; only an app that names a process by a resource needs it here."""
        table = self._archive.read(TABLE, LARGEST_TABLE)
        check_table(table, Place(TABLE))
        return table

    def examine(self, options: FuseOptions) -> Examination:
        """TLS stacks with their cover, hosts, pins and frameworks."""
        return examine(self._archive, self._manifest(), options)

    def _obstacles(self) -> list[str]:
        facts, said = self._facts, []
        if facts.shared_user:
            said.append(f"it shares the user {facts.shared_user} with other apps, which need the same signer")
        if facts.instruments:
            said.append(f"it tests {facts.instruments}, which needs the same signer")
        if facts.needs_splits:
            said.append("it needs its splits, which must be signed with the same key")
        if older := older_signers(self._archive):
            said.append(
                f"its signature proves a change of keys ({older} older), and the output does not: phones that know it "
                "by an older key, as all before Android 9 do, take it for no update"
            )
        if facts.debuggable:
            said.append("it is debuggable: whoever holds the phone can change what it does")
        if TRANSPARENCY in self._archive.entries:
            said.append("its code transparency no longer holds, because code is added")
        block = read_block(self._archive)
        others = [id_ for id_, _ in block.pairs if id_ not in (V2, V3, V31, PADDING)] if block else []
        if others:
            listed = ", ".join(KNOWN.get(id_, f"{id_:#010x}") for id_ in others)
            said.append(f"its signing block also holds: {listed}; re-signing drops that")
        return said

    def load_signer(self, request: SigningRequest) -> Signer | None:
        """The key that was asked for, the local debug key without one, None for ``--no-sign``."""
        require_words_of(ANDROID, request, self._archive.name)
        return load_signer(request) or (None if request.no_sign else debug_signer())

    def stand_in_signer(self) -> Signer:
        """A key made for this moment."""
        return throwaway_signer()

    def binding(self, signer: Signer | None, request: SigningRequest, options: FuseOptions) -> Bond:
        """Package name, and the certificates of all who may sign it."""
        assert signer is None or isinstance(signer, ApkSigner)
        return bond(self._facts.package, signer, request)

    def fuse(self, options: FuseOptions, well: bytes, signer: Signer | None) -> Draft:
        """Decide every change; the manifest is read anew, so that a second draft starts from the same app."""
        require_words_of(ANDROID, options, self._archive.name)
        return fuse(self._archive, self._manifest(), options, well)

    def twin(self, draft: Draft, well: bytes, signer: Signer) -> tuple[StubImage, ...]:
        """The stubs with another vault; who signs is not in them."""
        return tuple(
            replace(stub, data=with_well(stub.data, stub.well_offset, well)) for stub in draft.stubs
        )

    def sign(self, draft: Draft, signer: Signer | None, target: BinaryIO) -> Written:
        """Write and sign."""
        assert isinstance(draft.parts, Parts)
        assert signer is None or isinstance(signer, ApkSigner)
        return write_apk(self._archive, draft.parts, signer, target)

    def write_stand_in(self, signer: Signer | None, target: BinaryIO) -> None:
        """An archive without entries that reports this signer."""
        assert signer is None or isinstance(signer, ApkSigner)
        write_stand_in(self._archive, signer, target)

    def stubs(self) -> tuple[StubImage, ...]:
        """The stubs in this file."""
        return stubs_in(self._archive)

    def verify(self) -> Verification:
        """Check every static promise of a file that pinfuse built."""
        stubs, report = stubs_in(self._archive), verify_apk(self._archive)
        promises = tuple(promises_of(self._archive, self._manifest(), report, stubs))
        return Verification(promises, stubs, report.certificates_sha256)

    def verify_asked(self, rules: Rules, fusion_set: FusionSet | None) -> tuple[Promise, ...]:
        """Pins for the system and a strict WebView, where the sealed settings say that they were wanted."""
        return tuple(promises_asked(self._archive, self._manifest(), rules, fusion_set))

    def close(self) -> None:
        """Let go of the file."""
        self._archive.close()
