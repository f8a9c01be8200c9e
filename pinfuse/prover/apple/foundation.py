# SPDX-License-Identifier: MIT
"""Objects of Foundation and WebKit that open TLS sessions, with what the system does when a server is to be judged.

Sources: ``NSURLSession.h``, ``NSURLConnection.h``, ``NSURLAuthenticationChallenge.h``, ``WKNavigationDelegate.h``.
"""

from __future__ import annotations

from typing import Any

from pinfuse.prover.apple.objc import Instance, ObjcClass, Row, Runtime
from pinfuse.prover.apple.objects import Objects
from pinfuse.prover.apple.security import Trust
from pinfuse.prover.apple.system import System
from pinfuse.prover.fault import Fault

USE, DEFAULT, CANCEL, REJECT = range(4)
"""``NSURLSessionAuthChallengeDisposition``."""
SESSION = "URLSession:didReceiveChallenge:completionHandler:"
TASK = "URLSession:task:didReceiveChallenge:completionHandler:"
CONNECTION = "connection:willSendRequestForAuthenticationChallenge:"
MAY_ANSWER, OLDER = (
    "connection:canAuthenticateAgainstProtectionSpace:",
    "connection:didReceiveAuthenticationChallenge:",
)
WEB = "webView:didReceiveAuthenticationChallenge:completionHandler:"
CLASSES = (
    ("NSProxy", "NSObject"), ("NSURLSession", "NSObject"), ("__NSURLSessionLocal", "NSURLSession"),
    ("NSURLSessionConfiguration", "NSObject"), ("NSURLSessionTask", "NSObject"), ("NSURLConnection", "NSObject"),
    ("NSURLAuthenticationChallenge", "NSObject"), ("NSURLProtectionSpace", "NSObject"), ("NSURLCredential", "NSObject"),
    ("NSURLSender", "NSObject"), ("WKWebView", "NSObject"), ("NSURLRequest", "NSObject"),
)  # fmt: skip
"""Class and the one above it; the second one of sessions is what they really are."""


class Foundation:
    """The classes, and the challenges that the system puts to delegates."""

    def __init__(self, runtime: Runtime, objects: Objects, system: System) -> None:
        self._runtime, self._objects, self._system = runtime, objects, system
        self.shared: Instance | None = None
        self.said: list[tuple[str, bool]] = []
        """What senders were told: the message, and whether a credential came with it."""
        runtime.define(CLASSES, self._rows())

    def forget(self) -> None:
        """No session was made."""
        self.shared = None
        self.said.clear()

    def _rows(self) -> list[Row]:
        one, field = self._instance, self._field
        space, sender = "NSURLProtectionSpace", "NSURLSender"
        return [
            Row("NSObject", "+new", "", lambda kind: self._objects.made(Instance(self._kind(kind)))),
            Row("NSObject", "+class", "", lambda kind: kind),
            Row("NSObject", "-class", "", lambda this: self._objects.hold(one(this).seems or one(this).kind)),
            Row("NSObject", "-respondsToSelector:", "p", self._responds),
            Row("NSObject", "-isKindOfClass:", "p", lambda this, kind: int(one(this).kind.is_a(self._kind(kind)))),
            Row("NSURLSession", "+sessionWithConfiguration:delegate:delegateQueue:", "ppp", self._session),
            Row("NSURLSession", "+sessionWithConfiguration:", "p", lambda kind, _: self._session(kind, 0, 0, 0)),
            Row("NSURLSession", "+sharedSession", "", self._shared),
            Row("NSURLSession", "-delegate", "", field("delegate")),
            Row("NSURLSession", "-invalidateAndCancel", "", self._end),
            Row("NSURLSession", "-finishTasksAndInvalidate", "", self._end),
            Row("NSURLSessionConfiguration", "+defaultSessionConfiguration", "", self._plain),
            Row("NSURLSessionTask", "-setDelegate:", "p", self._set("delegate")),
            Row("NSURLConnection", "+connectionWithRequest:delegate:", "pp", self._connection),
            Row("NSURLConnection", "-initWithRequest:delegate:", "pp", self._init_connection),
            Row("NSURLConnection", "-initWithRequest:delegate:startImmediately:", "ppi", self._init_connection),
            Row("NSURLAuthenticationChallenge", "-protectionSpace", "", field("space")),
            Row("NSURLAuthenticationChallenge", "-sender", "", field("sender")),
            Row(space, "-serverTrust", "", field("trust")),
            Row(space, "-distinguishedNames", "", field("names")),
            Row(space, "-host", "", field("host")),
            Row(sender, "-useCredential:forAuthenticationChallenge:", "pp", lambda _, c, __: self._say("use", c)),
            Row(sender, "-performDefaultHandlingForAuthenticationChallenge:", "p", lambda *_: self._say("default")),
            Row(sender, "-cancelAuthenticationChallenge:", "p", lambda *_: self._say("cancel")),
            Row("WKWebView", "-initWithFrame:configuration:", "p", lambda this, _: this),
            Row("WKWebView", "-initWithCoder:", "p", lambda this, _: this),
            Row("WKWebView", "-setNavigationDelegate:", "p", self._set("delegate")),
            Row("WKWebView", "-navigationDelegate", "", field("delegate")),
        ]

    def _instance(self, handle: int) -> Instance:
        return self._objects.get(handle, Instance)

    def delegate(self, handle: int) -> Instance | ObjcClass:
        """An object that may be asked; a class is one."""
        value = self._objects.any(handle)
        return value if isinstance(value, ObjcClass) else self._instance(handle)

    def _kind(self, handle: int) -> ObjcClass:
        return self._objects.get(handle, ObjcClass)

    def _field(self, name: str) -> Any:
        return lambda this: self._objects.hold(self._instance(this).fields.get(name))

    def _set(self, name: str) -> Any:
        def run(this: int, value: int) -> None:
            self._instance(this).fields[name] = self._objects.any(value)

        return run

    def _responds(self, this: int, selector: int) -> int:
        return int(self._runtime.responds(self.delegate(this), self._runtime.name_of(selector)))

    def _plain(self, kind: int) -> int:
        return self._objects.hold(Instance(self._kind(kind)))

    def _session(self, _: int, __: int, delegate: int, ___: int) -> int:
        value = self.delegate(delegate) if delegate else None
        return self._objects.hold(self._runtime.make("__NSURLSessionLocal", delegate=value, ended=False))

    def _shared(self, _: int) -> int:
        if self.shared is None:
            self.shared = self._runtime.make("__NSURLSessionLocal", delegate=None, ended=False)
        return self._objects.hold(self.shared)

    def _end(self, this: int) -> None:
        self._instance(this).fields["ended"] = True

    def _connection(self, kind: int, _: int, delegate: int) -> int:
        return self._objects.hold(Instance(self._kind(kind), {"delegate": self._objects.any(delegate)}))

    def _init_connection(self, this: int, _: int, delegate: int, __: int = 1) -> int:
        self._instance(this).fields["delegate"] = self._objects.any(delegate)
        return this

    def _say(self, word: str, credential: int = 0) -> int:
        self.said.append((word, bool(credential)))
        return 0

    def challenge(self, trust: Trust | None, host: str | None) -> Instance:
        """A challenge about a server; without a trust object one about a password."""
        make = self._runtime.make
        space = make("NSURLProtectionSpace", trust=trust, host=host)
        return make("NSURLAuthenticationChallenge", space=space, sender=make("NSURLSender"))

    def ask(self, delegate: Instance | ObjcClass | None, name: str, *values: int) -> bool:
        """Put a question to a delegate that answers it; False for one that does not."""
        if delegate is None or not self._runtime.responds(delegate, name):
            return False
        self._runtime.send(self._objects.hold(delegate), name, *values)
        self._system.run_waiting()
        return True

    def take_said(self) -> tuple[str, bool]:
        """What the sender was told, which must be one thing."""
        if len(self.said) != 1:
            raise Fault(f"the sender of a challenge was told {len(self.said)} things")
        return self.said.pop()


def goes_on(disposition: int, credential: int, platform: bool) -> bool:
    """What the system does with the answer to a challenge."""
    if disposition not in (USE, DEFAULT, CANCEL, REJECT):
        raise Fault(f"{disposition} is no answer to a challenge")
    if disposition == USE:
        return bool(credential)
    return platform and disposition != CANCEL
