"""The front door: the list of commands, loaded one by one, and errors turned into words and exit codes."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Mapping
from types import FrameType
from typing import NoReturn

import click

from pinfuse import __version__
from pinfuse.cli.output import print_error
from pinfuse.errors import PinfuseError

COMMANDS: Mapping[str, str] = {
    "build": "Fuse pins into an app, sign it, prove it.",
    "verify": "Check every promise of a built app again, and run its stub.",
    "probe": "What this very app would say about a server now.",
    "inspect": "What an app is: signer, TLS stacks, hosts, pins, and what a build would cover.",
    "certs": "Get certificates from servers, and show what files hold.",
    "set": "Check and show fusion sets.",
    "report": "The certificate of a build: what it says, and of which file.",
}
"""Command → its line in ``--help``; the command itself is ``pinfuse.cli.<name>.command``."""

INTERRUPTED = 130
SIGNALLED = 128
"""Exit code of a process that a signal ends, but for the signal's number."""
ENDING = ("SIGTERM", "SIGHUP")
BUG = 70


class LazyGroup(click.Group):
    """A group that imports a command when it is used, never for ``--help``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the contract."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command's own module, imported now; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"pinfuse.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, out of data: importing them all would make ``--help`` slow."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pinfuse")
def cli() -> None:
    """Fuse certificate pinning into a finished mobile app, re-sign it, and prove the result.

    Exit codes: 0 ok, 1 a check said no, 2 usage, pins or set file, 3 app, 4 signing, 5 the output failed its
    own proof, 6 the outside world, 70 a bug in pinfuse.
    """


def main() -> None:
    """Run the command line and exit; every error becomes words and a code, never a traceback."""
    for name in ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    sys.exit(run(sys.argv[1:]))


def _end(number: int, _: FrameType | None) -> NoReturn:
    """End as after an error: what is half written is removed on the way out."""
    raise SystemExit(SIGNALLED + number)


def run(arguments: list[str]) -> int:
    """Run one command line; returns its exit code."""
    as_json = "--json" in arguments or bool(os.environ.get("PINFUSE_JSON"))
    try:
        code = cli.main(arguments, prog_name="pinfuse", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except PinfuseError as error:
        print_error(error, as_json=as_json)
        return error.exit_code
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - the reader has gone; nothing may flush to it
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except MemoryError:
        print_error(PinfuseError("this machine has not enough memory for that"), as_json=as_json)
        return BUG
    except Exception as error:
        return _bug(error, as_json=as_json)


def _bug(error: Exception, *, as_json: bool) -> int:
    if isinstance(error, OSError) and error.strerror:
        from pinfuse.errors import OutsideError

        outside = OutsideError(error.strerror, where=str(error.filename or ""))
        print_error(outside, as_json=as_json)
        return outside.exit_code
    if os.environ.get("PINFUSE_DEBUG"):
        raise error
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename.rsplit('pinfuse', 1)[-1]}:{trace.tb_lineno}" if trace else ""
    bug = PinfuseError(
        f"a bug in pinfuse: {type(error).__name__}: {error}",
        where=f"pinfuse{where}",
        todo="please report it; PINFUSE_DEBUG=1 shows the traceback",
    )
    print_error(bug, as_json=as_json)
    return BUG
