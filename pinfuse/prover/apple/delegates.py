# SPDX-License-Identifier: MIT
"""Sessions that the system opens for an app: NSURLSession, NSURLConnection, WKWebView, and the app's delegates.

The app's own code answers a challenge as the question says (`APP`): where it would accept everything, only the stub
stands between a forged chain and the session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pinfuse.prover.apple.foundation import (
    CANCEL,
    CONNECTION,
    DEFAULT,
    MAY_ANSWER,
    OLDER,
    SESSION,
    TASK,
    USE,
    WEB,
    goes_on,
)
from pinfuse.prover.apple.objc import Instance, ObjcClass, Row
from pinfuse.prover.apple.security import Trust
from pinfuse.prover.apple.world import World
from pinfuse.prover.fault import Fault
from pinfuse.prover.machine import Answer, Jump

ACCEPT, EVALUATE, LEAVE, REFUSE = APP = ("accept", "evaluate", "default", "refuse")
"""What the app's code does with a server: takes it, asks SecTrustEvaluateWithError, leaves it to the system, or not."""
TWICE, NEVER = "accept twice", "never"
TIMES = {TWICE: 2, NEVER: 0}
"""How often a careless app answers, where that is not once."""
EVALUATE_AT = "_SecTrustEvaluateWithError"
MAKE = "sessionWithConfiguration:delegate:delegateQueue:"
CLASSES = (
    ("AppSession", "NSObject"), ("AppSessionBelow", "AppSession"), ("AppTask", "NSObject"), ("AppBoth", "NSObject"),
    ("AppPlain", "NSObject"), ("AppWatched", "NSObject"), ("NSKVONotifying_AppWatched", "AppWatched"),
    ("AppWatchedPlain", "NSObject"), ("NSKVONotifying_AppWatchedPlain", "AppWatchedPlain"), ("AppProxy", "NSProxy"),
    ("AppHidden", "NSObject"), ("AppConnection", "NSObject"), ("AppOlder", "NSObject"), ("AppPlainOld", "NSObject"),
    ("AppWeb", "NSObject"), ("AppPlainWeb", "NSObject"), ("AppClass", "NSObject"), ("AppPlainClass", "NSObject"),
)  # fmt: skip
"""The app's delegates; a class that key-value observing made is named as it names them."""


@dataclass
class App:
    """How the app answers, and what it was told."""

    answer: str = ACCEPT
    asked: int = 0
    heard: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Peer:
    """A server: its trust object, the host, and whether the platform accepts it."""

    trust: Trust
    host: str | None

    @property
    def accepted(self) -> bool:
        """The platform's own verdict."""
        return self.trust.accepted


class Delegates:
    """The sessions of one guest; ``exports`` has the addresses of its functions by name."""

    def __init__(self, world: World, exports: Mapping[str, int]) -> None:
        self._world, self._exports = world, exports
        self._runtime, self._objects, self._foundation = world.runtime, world.objects, world.foundation
        self.app = App()
        self._block = world.blocks.make("the system's handler", "zp", lambda *said: self.app.heard.append(said))
        session = ("AppSession", "AppBoth", "AppWatched", "AppHidden")
        world.runtime.define(
            CLASSES,
            [
                *(Row(name, f"-{SESSION}", "ppp", lambda _, __, c, block: self._answer(c, block)) for name in session),
                *(Row(name, f"-{TASK}", "pppp", lambda _, __, ___, c, block: self._answer(c, block))
                  for name in ("AppTask", "AppBoth")),
                Row("AppClass", f"+{SESSION}", "ppp", lambda _, __, c, block: self._answer(c, block)),
                Row("AppWeb", f"-{WEB}", "ppp", lambda _, __, c, block: self._answer(c, block)),
                Row("AppConnection", f"-{CONNECTION}", "pp", lambda _, __, c: self._answer_sender(c)),
                Row("AppOlder", f"-{MAY_ANSWER}", "pp", lambda *_: int(self.app.answer != LEAVE)),
                Row("AppOlder", f"-{OLDER}", "pp", lambda _, __, c: self._answer_sender(c)),
            ],
        )  # fmt: skip
        self.entries: Mapping[str, Callable[[Peer], dict[str, Any]]] = {
            SESSION: self._session("AppSession"),
            f"{SESSION}, inherited": self._session("AppSessionBelow"),
            f"{SESSION}, forwarded": self._session("AppProxy"),
            f"{SESSION}, observed": self._session("NSKVONotifying_AppWatched"),
            f"{SESSION}, beside the task's": self._session("AppBoth"),
            f"{SESSION}, of a class": self._session("AppClass"),
            TASK: self._session("AppTask"),
            "NSURLSession, a delegate without the method": self._session("AppPlain"),
            "NSURLSession, an observed delegate without the method": self._session("NSKVONotifying_AppWatchedPlain"),
            "NSURLSession, a class without the method": self._session("AppPlainClass"),
            "NSURLSession, no delegate": self._session(None),
            "sessionWithConfiguration:": self._bare_session("sessionWithConfiguration:", 0),
            "sharedSession": self._bare_session("sharedSession"),
            "setDelegate: of a task": self._task,
            CONNECTION: self._connection("AppConnection", "initWithRequest:delegate:startImmediately:"),
            "initWithRequest:delegate:": self._connection("AppConnection", "initWithRequest:delegate:"),
            "connectionWithRequest:delegate:": self._connection("AppConnection", ""),
            OLDER: self._connection("AppOlder", "initWithRequest:delegate:"),
            "NSURLConnection, a delegate without the method": self._connection("AppPlainOld", ""),
            WEB: self._web("AppWeb", "initWithFrame:configuration:"),
            "WKWebView, a delegate without the method": self._web("AppPlainWeb", "initWithFrame:configuration:"),
            "WKWebView, no delegate": self._web(None, "initWithFrame:configuration:"),
            "WKWebView, out of a storyboard": self._web(None, "initWithCoder:"),
        }

    def run(self, entry: str, peer: Peer, answer: str) -> dict[str, Any]:
        """``allowed``, and how often the app's own code was ``asked``."""
        if answer not in (*APP, *TIMES):
            raise Fault(f"no app answers {answer!r}")
        self.app = App(answer)
        return {**self.entries[entry](peer), "asked": self.app.asked}

    def _answer(self, challenge: int, block: int) -> Answer:
        """The app's answer through a completion handler."""
        self.app.asked += 1
        credential = self._objects.hold(self._runtime.make("NSURLCredential"))
        invoke = self._world.blocks.invoke
        answers = {ACCEPT: (USE, credential), LEAVE: (DEFAULT, 0), REFUSE: (CANCEL, 0)}
        if self.app.answer in TIMES:
            return self._world.blocks.answer(block, TIMES[self.app.answer], *answers[ACCEPT])
        if self.app.answer != EVALUATE:
            return invoke(block, *answers[self.app.answer])
        trust = self._objects.hold(self._objects.get(challenge, Instance).fields["space"].fields["trust"])

        def judged(result: int) -> Answer:
            return invoke(block, *answers[ACCEPT if result & 0xFF else REFUSE])

        return Jump(self._exports[EVALUATE_AT], (trust, 0), judged)

    def _answer_sender(self, challenge: int) -> Answer:
        """The app's answer to the sender of a challenge, as of NSURLConnection."""
        self.app.asked += 1
        sender = self._objects.hold(self._objects.get(challenge, Instance).fields["sender"])
        credential = self._objects.hold(self._runtime.make("NSURLCredential"))
        use, leave, refuse = (
            "useCredential:forAuthenticationChallenge:",
            "performDefaultHandlingForAuthenticationChallenge:",
            "cancelAuthenticationChallenge:",
        )
        said = {ACCEPT: (use, credential, challenge), LEAVE: (leave, challenge), REFUSE: (refuse, challenge)}
        if self.app.answer not in said:
            raise Fault(f"no delegate of NSURLConnection answers {self.app.answer!r}")
        name, *values = said[self.app.answer]
        return Jump(self._runtime.send_at, (sender, self._runtime.selector(str(name)), *map(int, values)))

    def _delegate(self, name: str | None) -> Instance | ObjcClass | None:
        if name is None:
            return None
        if name.endswith("Class"):
            return self._runtime.classes[name]
        made = self._runtime.make(name)
        if name.startswith("NSKVONotifying_"):
            made.seems = made.kind.parent
        if name == "AppProxy":
            made.target = self._runtime.make("AppHidden")
        return made

    def _class(self, name: str) -> int:
        return self._objects.hold(self._runtime.classes[name])

    def _judge(self, peer: Peer, ask: Callable[[int], bool]) -> dict[str, Any]:
        """Put a challenge to whoever is asked with a completion handler, and do as the answer says."""
        challenge = self._objects.hold(self._foundation.challenge(peer.trust, peer.host))
        if not ask(challenge):
            return {"allowed": peer.accepted}
        heard = self.app.heard
        if len(heard) != (TIMES.get(self.app.answer, 1) if self.app.asked else 1):
            raise Fault(f"the system was answered {len(heard)} times")
        return {"allowed": bool(heard) and goes_on(*heard[0], peer.accepted)}

    def _put(self, peer: Peer, session: Instance) -> dict[str, Any]:
        """What a session does: its delegate's method for the session is asked, else that for the task."""
        delegate, held = session.fields["delegate"], self._objects.hold(session)
        task = self._objects.hold(self._runtime.make("NSURLSessionTask", delegate=None))

        def ask(challenge: int) -> bool:
            of_session = self._foundation.ask(delegate, SESSION, held, challenge, self._block)
            return of_session or self._foundation.ask(delegate, TASK, held, task, challenge, self._block)

        return self._judge(peer, ask)

    def _session(self, name: str | None) -> Callable[[Peer], dict[str, Any]]:
        def run(peer: Peer) -> dict[str, Any]:
            configuration = self._runtime.send(self._class("NSURLSessionConfiguration"), "defaultSessionConfiguration")
            delegate = self._objects.hold(self._delegate(name))
            session = self._runtime.send(self._class("NSURLSession"), MAKE, configuration, delegate, 0)
            return self._put(peer, self._objects.get(session, Instance))

        return run

    def _bare_session(self, message: str, *values: int) -> Callable[[Peer], dict[str, Any]]:
        """A session without a delegate of the app; one that is shared is ended first, which it must not be."""

        def run(peer: Peer) -> dict[str, Any]:
            session = self._runtime.send(self._class("NSURLSession"), message, *values)
            for end in ("invalidateAndCancel", "finishTasksAndInvalidate"):
                if message == "sharedSession":
                    self._runtime.send(session, end)
            made = self._objects.get(session, Instance)
            if made.fields["ended"] or self._runtime.send(self._class("NSURLSession"), "sharedSession") == 0:
                raise Fault("the shared session was ended")
            return self._put(peer, made)

        return run

    def _task(self, peer: Peer) -> dict[str, Any]:
        """A task with a delegate of its own, which the system asks (iOS 15)."""
        task, delegate = self._runtime.make("NSURLSessionTask", delegate=None), self._delegate("AppTask")
        held = self._objects.hold(task)
        self._runtime.send(held, "setDelegate:", self._objects.hold(delegate))
        session = self._objects.hold(self._runtime.make("NSURLSession", delegate=None, ended=False))
        to, block = task.fields["delegate"], self._block
        return self._judge(peer, lambda challenge: self._foundation.ask(to, TASK, session, held, challenge, block))

    def _connection(self, name: str, start: str) -> Callable[[Peer], dict[str, Any]]:
        """``start`` makes a connection; empty: the method of the class."""

        def run(peer: Peer) -> dict[str, Any]:
            request = self._objects.hold(self._runtime.make("NSURLRequest"))
            delegate, kind = self._objects.hold(self._delegate(name)), "NSURLConnection"
            if start:
                more = (1,) if "Immediately" in start else ()
                made = self._runtime.send(self._objects.hold(self._runtime.make(kind)), start, request, delegate, *more)
            else:
                made = self._runtime.send(self._class(kind), "connectionWithRequest:delegate:", request, delegate)
            to = self._objects.get(made, Instance).fields["delegate"]
            challenge = self._objects.hold(self._foundation.challenge(peer.trust, peer.host))
            self._foundation.said.clear()
            if not self._foundation.ask(to, CONNECTION, made, challenge):
                return {"allowed": peer.accepted}
            word, credential = self._foundation.take_said()
            return {"allowed": credential if word == "use" else peer.accepted and word == "default"}

        return run

    def _web(self, name: str | None, start: str) -> Callable[[Peer], dict[str, Any]]:
        def run(peer: Peer) -> dict[str, Any]:
            view = self._runtime.make("WKWebView", delegate=None)
            held = self._objects.hold(view)
            if self._runtime.send(held, start, 0) != held:
                raise Fault("a web view was made into another")
            if name is not None:
                self._runtime.send(held, "setNavigationDelegate:", self._objects.hold(self._delegate(name)))
            to = view.fields["delegate"]
            return self._judge(peer, lambda challenge: self._foundation.ask(to, WEB, held, challenge, self._block))

        return run
