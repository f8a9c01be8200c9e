"""The app for iOS as a format, in an IPA or a zipped ``.app``: `inspect`, `fuse`, `sign`, `verify` over this room."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import BinaryIO

from pinfuse.container.reader import Archive
from pinfuse.formats import (
    Bond,
    Draft,
    Examination,
    FuseOptions,
    Inspection,
    Promise,
    Signer,
    SignerIdentity,
    SigningRequest,
    StubImage,
    Verification,
    Written,
)
from pinfuse.ios import fuse, names
from pinfuse.ios.asked import promises_asked
from pinfuse.ios.bundle import read_app
from pinfuse.ios.examine import examine
from pinfuse.ios.output import write_archive
from pinfuse.ios.plist import text_of
from pinfuse.ios.promises import promises_of, says_only_main, stubs_in
from pinfuse.ios.signer import IpaSigner, bond, load_signer, stand_in, team_digests
from pinfuse.ios.signing.bundle import sign_bundle
from pinfuse.ios.signing.check import check_bundle
from pinfuse.ios.signing.code import Old, old_signature
from pinfuse.ios.signing.view import BundleView
from pinfuse.ios.suitable import is_simulated, least_system, refusals, remarks, version
from pinfuse.ios.surgery import programs_with_stub
from pinfuse.ios.view import AppView
from pinfuse.ios.who import signers_of
from pinfuse.policy.model import FusionSet
from pinfuse.policy.rules import Rules
from pinfuse.signing.words import IOS, require_words_of


class IpaFile:
    """An opened app; raises `pinfuse.errors.AppError` where it is none, or damaged."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        try:
            self._tree = read_app(archive)
        except BaseException:
            self.close()
            raise

    @cached_property
    def _signed(self) -> tuple[Old, tuple[SignerIdentity, ...]]:
        """What the signature of the app's own executable says, and who made it."""
        entry = self._tree.main.executable
        data = self._tree.content(entry)
        old = old_signature(data, f"{self._archive.name}, {entry}")
        return old, signers_of(data, old.team, self._archive.name)

    def inspect(self) -> Inspection:
        """What the app is, from its property lists, Mach-O files and signature."""
        tree = self._tree
        system = f"iOS {version(least_system(tree, None))}" + (" on the simulator" if is_simulated(tree) else "")
        said = dict.fromkeys(str(one) for one in refusals(tree, None))
        return Inspection(
            format="IPA" if tree.is_ipa else "zipped app",
            app_id=tree.main.identifier,
            version=text_of(tree.main.info, "CFBundleShortVersionString")
            or text_of(tree.main.info, "CFBundleVersion"),
            min_system=system,
            signers=self._signed[1],
            architectures=tuple(sorted({image.architecture for code in tree.codes for image in code.images})),
            protected=any(f"/{names.FOLDER}/" in f"/{name}" for name in self._archive.entries),
            obstacles=(*said, *remarks(tree)),
        )

    def examine(self, options: FuseOptions) -> Examination:
        """TLS stacks with their cover, hosts, pins and frameworks."""
        return examine(self._tree, options)

    def load_signer(self, request: SigningRequest) -> Signer | None:
        """The identity that was asked for, nobody (ad hoc) without one, None for ``--no-sign``."""
        require_words_of(IOS, request, self._archive.name)
        return load_signer(request)

    def stand_in_signer(self) -> Signer:
        """Nobody, for a team that does not exist."""
        return stand_in()

    def binding(self, signer: Signer | None, request: SigningRequest, options: FuseOptions) -> Bond:
        """Bundle ids and team."""
        return bond(self._tree, self._signed[0], _ours(signer), request, only_main=options.only_main)

    def fuse(self, options: FuseOptions, well: bytes, signer: Signer | None) -> Draft:
        """Decide every change, and sign the stub."""
        require_words_of(IOS, options, self._archive.name)
        return fuse.fuse(self._tree, options, well, _ours(signer))

    def twin(self, draft: Draft, well: bytes, signer: Signer) -> tuple[StubImage, ...]:
        """The stubs with another vault, signed by somebody else."""
        ours = _ours(signer)
        assert ours
        return fuse.twin(draft, well, ours)

    def sign(self, draft: Draft, signer: Signer | None, target: BinaryIO) -> Written:
        """Sign everything in the app, inside out, and write it."""
        parts, ours = draft.parts, _ours(signer)
        assert isinstance(parts, fuse.Parts)
        view = AppView(self._tree, parts.operations, parts.files)
        files: dict[str, bytes] = dict(parts.files)
        warnings: tuple[str, ...] = ()
        if ours:
            signed = sign_bundle(view, ours.settings)
            files |= signed.files
            warnings = signed.warnings
        else:
            files |= _operated(view, parts, self._tree.main.path)
        root, like = self._tree.main.path, f"{self._tree.main.path}/{names.INFO}"
        entries = {f"{root}/{path}": data for path, data in files.items()}
        return write_archive(self._archive, entries, like, target, ours.schemes if ours else (), warnings)

    def write_stand_in(self, signer: Signer | None, target: BinaryIO) -> None:
        """Nothing: a stub reads who signed it out of its own image."""

    def stubs(self) -> tuple[StubImage, ...]:
        """The stubs in this file."""
        return stubs_in(self._tree)

    def verify(self) -> Verification:
        """Check every static promise of a file that pinfuse built."""
        view: BundleView = AppView(self._tree, {}, {})
        checked = check_bundle(view)
        stubs = self.stubs()
        promises = (*checked.promises, *promises_of(self._tree, stubs))
        with_stub = programs_with_stub(self._tree, only_main=says_only_main(self._tree))
        further = tuple(dict.fromkeys(one.identifier for one in with_stub))[1:]
        return Verification(promises, stubs, team_digests(checked.team), further)

    def verify_asked(self, rules: Rules, fusion_set: FusionSet | None) -> tuple[Promise, ...]:
        """Pins in the Info.plist, where the sealed settings say that they were wanted."""
        return tuple(promises_asked(self._tree, rules, fusion_set, only_main=says_only_main(self._tree)))

    def close(self) -> None:
        """Let go of the file."""
        self._archive.close()


def _ours(signer: Signer | None) -> IpaSigner | None:
    assert signer is None or isinstance(signer, IpaSigner)
    return signer


def _operated(view: AppView, parts: fuse.Parts, root: str) -> Mapping[str, bytes]:
    """The Mach-O files that change, for an output that nobody signs."""
    changed = (entry for entry, one in parts.operations.items() if one.edits or one.keep is not None)
    return {path: view.read(path) for path in (entry.removeprefix(f"{root}/") for entry in changed)}
