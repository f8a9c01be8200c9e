# SPDX-License-Identifier: MIT
"""Security as far as the stub calls it: trust objects, SecureTransport, and the TLS options of Network.framework.

Sources: ``SecTrust.h``, ``SecPolicy.h``, ``SecureTransport.h`` and ``SecProtocolOptions.h`` of Apple's open source.
The platform's verdict on a chain is part of the question: nothing is verified here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pinfuse.prover.apple.corefoundation import CoreFoundation
from pinfuse.prover.apple.objects import Error, Objects
from pinfuse.prover.apple.system import System
from pinfuse.prover.fault import Fault
from pinfuse.prover.machine import Answer, Machine, Outside

SUCCESS, PARAMETER, BUFFER = 0, -50, -9848
INVALID, UNSPECIFIED, RECOVERABLE = 0, 4, 5
NOT_TRUSTED, AUTH_COMPLETED, CHAIN_INVALID = -67843, -9841, -9807
OS_STATUS = "NSOSStatusErrorDomain"
POLICY_OID, POLICY_NAME = "SecPolicyOid", "SecPolicyName"
SSL_POLICY, BASIC_POLICY = "1.2.840.113635.100.1.3", "1.2.840.113635.100.1.2"
CONSTANTS = {"kSecPolicyOid": POLICY_OID, "kSecPolicyName": POLICY_NAME}
"""Name of a variable → the text it holds."""


@dataclass(eq=False)
class Certificate:
    """A SecCertificate."""

    der: bytes


@dataclass(eq=False)
class Policy:
    """A SecPolicy; ``host`` None: it asks for no name."""

    oid: str
    host: str | None


@dataclass(eq=False)
class Trust:
    """A SecTrust, and what the platform says of it."""

    chain: list[Certificate]
    policies: list[Policy]
    accepted: bool
    evaluations: int = 0

    @property
    def result(self) -> int:
        """``SecTrustResultType``."""
        if not self.evaluations:
            return INVALID
        return UNSPECIFIED if self.accepted else RECOVERABLE


@dataclass(eq=False)
class Connection:
    """An SSLContext: its peer, and whether the app breaks the handshake to judge it by itself."""

    trust: Trust | None
    peer: str | None
    breaks: bool = False
    handshakes: int = 0


@dataclass(eq=False)
class Metadata:
    """sec_protocol_metadata."""

    server_name: str | None


@dataclass(eq=False)
class Peer:
    """sec_trust: a trust object as Network.framework hands it over."""

    trust: Trust


@dataclass(eq=False)
class Options:
    """sec_protocol_options: the verify block that was set, 0 for none."""

    verify: int = 0
    set: bool = False
    names: list[str] = field(default_factory=list)


class Security:
    """Functions and variables by their C names."""

    def __init__(self, machine: Machine, objects: Objects, system: System, foundation: CoreFoundation) -> None:
        self._memory, self._objects = machine.memory, objects
        self._system, self._foundation = system, foundation
        self.functions = [
            Outside("SecCertificateCopyData", "p", lambda one: objects.made(objects.get(one, Certificate).der)),
            Outside("SecPolicyCopyProperties", "p", self._properties),
            Outside("SecTrustCopyPolicies", "pp", self._policies),
            Outside("SecTrustCopyCertificateChain", "p", lambda one: objects.made(list(self._trust(one).chain))),
            Outside("SecTrustGetCertificateAtIndex", "pz", self._certificate),
            Outside("SecTrustGetCertificateCount", "p", lambda one: len(self._trust(one).chain)),
            Outside("SecTrustEvaluate", "pp", self._evaluate),
            Outside("SecTrustEvaluateWithError", "pp", self._evaluate_with_error),
            Outside("SecTrustEvaluateAsync", "ppp", self._evaluate_async, jumps=True),
            Outside("SecTrustEvaluateAsyncWithError", "ppp", self._evaluate_async_with_error, jumps=True),
            Outside("SecTrustGetTrustResult", "pp", self._result),
            Outside("SSLHandshake", "p", self._handshake),
            Outside("SSLCopyPeerTrust", "pp", self._peer_trust),
            Outside("SSLGetPeerDomainNameLength", "pp", self._peer_length),
            Outside("SSLGetPeerDomainName", "ppp", self._peer_name),
            Outside("sec_protocol_options_set_verify_block", "ppp", self._set_verify, jumps=True),
            Outside("sec_protocol_metadata_get_server_name", "p", self._server_name),
            Outside("sec_trust_copy_ref", "p", lambda one: objects.made(objects.get(one, Peer).trust)),
        ]
        self.data: dict[str, bytes | int] = {
            name: objects.hold(text).to_bytes(8, "little") for name, text in CONSTANTS.items()
        }

    def trust(self, chain: tuple[bytes, ...], host: str | None, accepted: bool) -> Trust:
        """A trust object for TLS with a host, or with a policy that asks for none."""
        policy = Policy(BASIC_POLICY, None) if host is None else Policy(SSL_POLICY, host)
        return Trust([Certificate(der) for der in chain], [policy], accepted)

    def error(self) -> Error:
        """What the platform says when it refuses."""
        return Error(OS_STATUS, NOT_TRUSTED)

    def _trust(self, handle: int) -> Trust:
        return self._objects.get(handle, Trust)

    def _properties(self, handle: int) -> int:
        policy = self._objects.get(handle, Policy)
        name = {} if policy.host is None else {POLICY_NAME: policy.host}
        return self._objects.made({POLICY_OID: policy.oid, **name})

    def _policies(self, trust: int, to: int) -> int:
        self._memory.put_word(to, self._objects.made(list(self._trust(trust).policies)))
        return SUCCESS

    def _certificate(self, trust: int, index: int) -> int:
        chain = self._trust(trust).chain
        return self._objects.hold(chain[index]) if index < len(chain) else 0

    def _evaluate(self, trust: int, to: int) -> int:
        one = self._trust(trust)
        one.evaluations += 1
        if to:
            self._memory.put_u32(to, one.result)
        return SUCCESS

    def _evaluate_with_error(self, trust: int, to: int) -> int:
        one = self._trust(trust)
        one.evaluations += 1
        if not one.accepted and to:
            self._memory.put_word(to, self._objects.made(self.error()))
        return int(one.accepted)

    def _evaluate_async(self, trust: int, _: int, block: int) -> Answer:
        one = self._trust(trust)
        one.evaluations += 1
        return self._system.later(block, trust, one.result)

    def _evaluate_async_with_error(self, trust: int, _: int, block: int) -> Answer:
        one = self._trust(trust)
        one.evaluations += 1
        error = 0 if one.accepted else self._objects.hold(self.error())
        return self._system.later(block, trust, int(one.accepted), error)

    def _result(self, trust: int, to: int) -> int:
        self._memory.put_u32(to, self._trust(trust).result)
        return SUCCESS

    def _handshake(self, handle: int) -> int:
        """The platform judges the peer itself unless the app breaks the handshake."""
        one = self._objects.get(handle, Connection)
        one.handshakes += 1
        if one.breaks:
            return AUTH_COMPLETED if one.handshakes == 1 else SUCCESS
        return SUCCESS if one.trust is None or one.trust.accepted else CHAIN_INVALID

    def _peer_trust(self, handle: int, to: int) -> int:
        trust = self._objects.get(handle, Connection).trust
        self._memory.put_word(to, 0 if trust is None else self._objects.made(trust))
        return SUCCESS

    def _peer_length(self, handle: int, to: int) -> int:
        self._memory.put_word(to, len(self._objects.get(handle, Connection).peer or ""))
        return SUCCESS

    def _peer_name(self, handle: int, to: int, size: int) -> int:
        name = (self._objects.get(handle, Connection).peer or "").encode()
        if self._memory.word_at(size) < len(name):
            return BUFFER
        self._memory.write(to, name)
        self._memory.put_word(size, len(name))
        return SUCCESS

    def _set_verify(self, options: int, block: int, _: int) -> Answer:
        one = self._objects.get(options, Options)
        if one.set:
            raise Fault("the verify block is set twice")
        one.set = True

        def keep(at: int) -> Answer:
            one.verify = at
            return 0

        return self._system.blocks.copy(block, keep)

    def _server_name(self, handle: int) -> int:
        name = self._objects.get(handle, Metadata).server_name
        return self._foundation.lay(handle, name.encode() + b"\0") if name is not None else 0
