"""TLS stacks of Apple's systems: how each is recognised in a Mach-O file, and which layer its sessions reach.

Classes are told by the symbols that Objective-C gives them, which the linker keeps; functions by theirs; what a class
is asked to do by the names of methods.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from pinfuse.coverage.marks import KEPT, LABELS

CLASSES = (re.compile(rb"_OBJC_CLASS_\$_(\w{1,100})\0"), re.compile(rb"\.objc_class_name_(\w{1,100})\0"))
"""Symbols of classes in the modern runtime, and in that of 32-bit simulators."""


PART = re.compile(rb"\d|_TtC|.*Evaluator$")
"""Parts of Swift's mangled names; other names are whole."""


class Reach(Enum):
    """How the sessions of a stack come to a layer."""

    METHODS = "delegates that the stub replaces methods of: L2"
    FUNCTIONS = "functions of Security that the stub stands before: L1"
    SYSTEM = "the system judges alone; pins in Info.plist (L0) hold where the set asks for them"
    NONE = "no layer"
    OUTSIDE = "another process opens the session: no code of the app takes part"


@dataclass(frozen=True, slots=True)
class AppleStack:
    """One stack: any of the names tells it, where all of ``also`` are there too."""

    name: str
    reach: Reach
    classes: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    detail: str = ""
    uncovered_by: str = ""
    read: str = ""
    """For what stands on another stack: where that was read (commit, file or class, method). Its evidence is then
    ``source``."""


SESSION, CONNECTION, WEB = "NSURLSession", "NSURLConnection", "WKWebView"
WITH_DELEGATE = "sessionWithConfiguration:delegate:delegateQueue:"
CHALLENGE = "URLSession:didReceiveChallenge:completionHandler:"
TASK_CHALLENGE = "URLSession:task:didReceiveChallenge:completionHandler:"
SEND = ("sendSynchronousRequest:returningResponse:error:", "sendAsynchronousRequest:queue:completionHandler:")
VERIFY = "_sec_protocol_options_set_verify_block"
EVALUATIONS = (
    "_SecTrustEvaluate", "_SecTrustEvaluateWithError", "_SecTrustEvaluateAsync", "_SecTrustEvaluateAsyncWithError",
    "_SecTrustGetTrustResult",
)  # fmt: skip
SWAPPED = "a library that replaces the same methods later and does not call what it found"

STACKS = (
    AppleStack("NSURLSession with a delegate", Reach.METHODS, symbols=(WITH_DELEGATE,), also=(SESSION,),
               detail="the server's challenge is put to the stub before the delegate", uncovered_by=SWAPPED),
    AppleStack("NSURLSession without a delegate", Reach.METHODS, symbols=("sharedSession", "sessionWithConfiguration:"),
               also=(SESSION,), detail="the session gets the stub's delegate", uncovered_by=SWAPPED),
    AppleStack("NSURLConnection with a delegate", Reach.METHODS, also=(CONNECTION,),
               symbols=("initWithRequest:delegate:", "connectionWithRequest:delegate:",
                        "initWithRequest:delegate:startImmediately:"), uncovered_by=SWAPPED),
    AppleStack("NSURLConnection without a delegate", Reach.SYSTEM, symbols=SEND, also=(CONNECTION,)),
    AppleStack("WKWebView", Reach.METHODS, classes=(WEB,),
               symbols=("webView:decidePolicyForNavigationAction:decisionHandler:",),
               detail="the navigation delegate is asked, or the stub's own",
               uncovered_by=SWAPPED),
    AppleStack("UIWebView", Reach.SYSTEM, classes=("UIWebView",),
               symbols=("webView:shouldStartLoadWithRequest:navigationType:",)),
    AppleStack("SecTrust in the app's own code", Reach.FUNCTIONS, symbols=EVALUATIONS,
               uncovered_by="a function that is looked up with dlsym"),
    AppleStack("Secure Transport", Reach.FUNCTIONS, symbols=("_SSLHandshake",)),
    AppleStack("Network.framework with a verify block", Reach.FUNCTIONS, symbols=(VERIFY,)),
    AppleStack("CFStream and NSStream", Reach.NONE,
               symbols=("_kCFStreamPropertySSLSettings", "_NSStreamSocketSecurityLevelKey",
                        "_kCFStreamPropertySocketSecurityLevel", "_kCFStreamSSLPeerName"),
               detail="the system judges the stream alone"),
    AppleStack("CFHTTPStream", Reach.NONE, symbols=("_CFReadStreamCreateForHTTPRequest",),
               detail="the system judges the stream alone"),
    AppleStack("Alamofire", Reach.METHODS, symbols=("9Alamofire7SessionC", "9Alamofire14SessionManagerC",
               "_TtC9Alamofire"), detail="NSURLSession with a delegate", uncovered_by=SWAPPED,
               read="2cb81fa6: Session.init, URLSession(configuration:delegate:delegateQueue:)"),
    AppleStack("AFNetworking", Reach.METHODS, classes=("AFURLSessionManager", "AFURLConnectionOperation"),
               detail="NSURLSession or NSURLConnection with a delegate", uncovered_by=SWAPPED,
               read="0014ec4f: AFURLSessionManager.initWithSessionConfiguration:, a session with a delegate"),
    AppleStack("React Native", Reach.METHODS, classes=("RCTHTTPRequestHandler",), detail="NSURLSession with a delegate",
               uncovered_by=SWAPPED, read="00e21915: RCTHTTPRequestHandler.sendRequest:withDelegate:"),
    AppleStack("Cordova", Reach.METHODS, classes=("CDVViewController",), detail="WKWebView or UIWebView, see there",
               uncovered_by=SWAPPED, read="cordova-ios 0534fd4b: CDVWebViewEngine.pluginInitialize"),
    AppleStack("Firebase", Reach.METHODS, classes=("FIRApp",), detail="NSURLSession with delegates",
               uncovered_by=SWAPPED, read="GoogleUtilities 087bc7cd: GULNetworkURLSession"),
    AppleStack("SocketRocket", Reach.NONE, classes=("SRWebSocket",), detail="a CFStream"),
    AppleStack("gRPC for Swift or Objective-C", Reach.NONE, classes=("GRPCChannel", "GRPCCall2"),
               symbols=("4GRPC10ClientCall",), detail="HTTP/2 on a TLS library of its own, or on Network.framework"),
    AppleStack("AVPlayer", Reach.OUTSIDE, classes=("AVPlayer", "AVURLAsset"), detail="the media server loads"),
    AppleStack("SFSafariViewController", Reach.OUTSIDE, classes=("SFSafariViewController",), detail="Safari loads"),
    AppleStack("ASWebAuthenticationSession", Reach.OUTSIDE,
               classes=("ASWebAuthenticationSession", "SFAuthenticationSession"), detail="Safari loads"),
)  # fmt: skip

NETWORK = ("_nw_connection_create", "_nw_parameters_create_secure_tcp", "7Network12NWConnectionC")
"""Network.framework; without a verify block no layer is reached."""
PINS = (
    ("TrustKit", ("TrustKit", "TSKPinningValidator"), ()),
    ("AFNetworking's AFSecurityPolicy", ("AFSecurityPolicy",), ()),
    ("Alamofire's trust evaluators", (), ("PinnedCertificatesTrustEvaluator", "PublicKeysTrustEvaluator")),
)
"""Name, classes and symbols of what pins by itself."""
FRAMEWORKS = (
    ("React Native", "RCTBridge"), ("Cordova", "CDVViewController"), ("Flutter", "FlutterAppDelegate"),
    ("Firebase", "FIRApp"), ("Xamarin or .NET", "Xamarin_iOS_Foundation"), ("Unity", "UnityAppController"),
    ("Titanium", "TiApp"), ("Realm", "RLMRealm"), ("Crashlytics", "Crashlytics"),
)  # fmt: skip
"""Name, and the class that tells it."""

SYMBOLS = tuple(
    dict.fromkeys(
        name.encode()
        for name in (
            *(symbol for stack in STACKS for symbol in stack.symbols),
            *NETWORK, CHALLENGE, TASK_CHALLENGE, *(symbol for _, _, symbols in PINS for symbol in symbols),
        )
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AppleSeen:
    """What one Mach-O file names: classes, and those of `SYMBOLS`; and how many labels of TLS it holds."""

    classes: frozenset[str]
    symbols: frozenset[str]
    labels: int = 0

    def has(self, stack: AppleStack) -> bool:
        """Whether the file names what tells the stack."""
        told = not self.classes.isdisjoint(stack.classes) or not self.symbols.isdisjoint(stack.symbols)
        return told and all(name in self.classes for name in stack.also)


def look_at_image(pieces: Iterable[bytes]) -> AppleSeen:
    """Look at a file in pieces. A name counts where a zero ends it; parts of Swift's mangled names count anywhere."""
    classes: set[str] = set()
    waiting = {name if PART.match(name) else name + b"\0" for name in SYMBOLS}
    found: set[bytes] = set()
    labels, tail = set(LABELS), b""
    for piece in pieces:
        window = tail + piece
        classes.update(hit[1].decode("ascii", "replace") for form in CLASSES for hit in form.finditer(window))
        hits = {name for name in waiting if name in window}
        found |= hits
        waiting -= hits
        labels -= {label for label in labels if label in window}
        tail = window[-KEPT:]
    symbols = frozenset(name.rstrip(b"\0").decode() for name in found)
    return AppleSeen(frozenset(classes), symbols, len(LABELS) - len(labels))
