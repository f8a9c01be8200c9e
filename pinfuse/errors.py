"""One tree of errors; each says what is wrong, where, and what to do about it.

The exit code of the command line follows from the type alone (``product.md``):
1 a check said no, 2 usage, 3 app, 4 signing, 5 proof, 6 outside world, 70 a bug.
"""

from __future__ import annotations


class PinfuseError(Exception):
    """Base of every error that a user can meet.

    ``what`` is one sentence without a final stop, ``where`` names the file, entry, offset or option,
    ``todo`` says what helps.
    """

    exit_code = 70

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}; {self.todo}" if self.todo else text


class CheckFailed(PinfuseError):
    """A check was carried out and said no (exit 1)."""

    exit_code = 1


class UsageError(PinfuseError):
    """Options, pins or the fusion set are wrong (exit 2)."""

    exit_code = 2


class PinError(UsageError):
    """A pin, or a file that should hold one, cannot be used."""


class AppError(PinfuseError):
    """The app is damaged or of a kind that cannot be protected (exit 3)."""

    exit_code = 3


class DamagedApp(AppError):
    """A file inside the app, or the archive itself, breaks its own format."""


class UnsupportedApp(AppError):
    """The app is well formed, but a true reason stands against protecting it."""


class SigningError(PinfuseError):
    """Keys, passwords or the act of signing (exit 4)."""

    exit_code = 4


class ProofError(PinfuseError):
    """The output failed its own proof, or could not be proved (exit 5)."""

    exit_code = 5


class OutsideError(PinfuseError):
    """Something outside pinfuse: a host, a disk, a folder (exit 6)."""

    exit_code = 6
