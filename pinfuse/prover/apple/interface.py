# SPDX-License-Identifier: MIT
"""What a person and the app see of a refusal: UIKit as far as a dialog needs it, and NSNotificationCenter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pinfuse.prover.apple.blocks import Blocks
from pinfuse.prover.apple.corefoundation import Url
from pinfuse.prover.apple.objc import Instance, Row, Runtime
from pinfuse.prover.apple.objects import Objects
from pinfuse.prover.fault import Fault
from pinfuse.prover.machine import Answer

CLASSES = (
    ("NSNotificationCenter", "NSObject"), ("UIApplication", "NSObject"), ("UIWindow", "NSObject"),
    ("UIViewController", "NSObject"), ("UIAlertController", "UIViewController"), ("UIAlertAction", "NSObject"),
)  # fmt: skip
ALERT = 1


@dataclass
class Shown:
    """One dialog: its texts, and the blocks behind its buttons (0 for none)."""

    title: str
    message: str
    buttons: list[str] = field(default_factory=list)
    pressed: list[int] = field(default_factory=list)


class Interface:
    """Notifications and dialogs of one app; ``window`` is False while it shows nothing."""

    def __init__(self, runtime: Runtime, objects: Objects, blocks: Blocks) -> None:
        self._runtime, self._objects, self._blocks = runtime, objects, blocks
        self.events: list[dict[str, Any]] = []
        self.dialogs: list[Shown] = []
        self.opened: list[str] = []
        """Addresses that the app was made to open."""
        self.window = True
        self._parts: dict[str, Instance] = {}
        part = self._giver
        runtime.define(
            CLASSES,
            [
                Row("NSNotificationCenter", "+defaultCenter", "", part("NSNotificationCenter")),
                Row("NSNotificationCenter", "-postNotificationName:object:userInfo:", "ppp", self._post),
                Row("UIApplication", "+sharedApplication", "", part("UIApplication")),
                Row("UIApplication", "-keyWindow", "", lambda _: part("UIWindow")(0) if self.window else 0),
                Row("UIApplication", "-windows", "", self._windows),
                Row("UIApplication", "-delegate", "", lambda _: 0),
                Row("UIApplication", "-openURL:options:completionHandler:", "ppp", self._open),
                Row("UIWindow", "-rootViewController", "", part("UIViewController")),
                Row("UIViewController", "-presentedViewController", "", self._presented),
                Row("UIViewController", "-presentViewController:animated:completion:", "pip", self._present),
                Row("UIAlertController", "+alertControllerWithTitle:message:preferredStyle:", "ppz", self._alert),
                Row("UIAlertController", "-addAction:", "p", self._add),
                Row("UIAlertAction", "+actionWithTitle:style:handler:", "pzp", self._action),
            ],
        )  # fmt: skip

    def forget(self) -> None:
        """Nothing was shown or told."""
        self._parts.clear()
        self.clear()

    def clear(self) -> None:
        """A new question: the dialog of the last one is closed."""
        self.events.clear()
        self.dialogs.clear()
        self.opened.clear()
        if "UIViewController" in self._parts:
            self._parts["UIViewController"].fields.pop("presented", None)

    def _giver(self, name: str) -> Callable[[int], int]:
        return lambda _: self._objects.hold(self._part(name))

    def _part(self, name: str) -> Instance:
        if name not in self._parts:
            self._parts[name] = self._runtime.make(name)
        return self._parts[name]

    def _windows(self, _: int) -> int:
        return self._objects.hold([self._part("UIWindow")] if self.window else [])

    def _post(self, _: int, name: int, __: int, info: int) -> None:
        values: dict[str, Any] = self._objects.get(info, dict)
        self.events.append({"name": self._objects.get(name, str), **values})

    def _presented(self, this: int) -> int:
        return self._objects.hold(self._objects.get(this, Instance).fields.get("presented"))

    def _present(self, this: int, alert: int, _: int, __: int) -> None:
        controller, shown = (self._objects.get(one, Instance) for one in (this, alert))
        if "presented" in controller.fields or not isinstance(shown.fields.get("shown"), Shown):
            raise Fault("a view controller presents two things, or one that is no alert")
        controller.fields["presented"] = shown
        self.dialogs.append(shown.fields["shown"])

    def _alert(self, _: int, title: int, message: int, style: int) -> int:
        if style != ALERT:
            raise Fault(f"an alert of style {style}")
        shown = Shown(self._objects.get(title, str), self._objects.get(message, str))
        return self._objects.hold(self._runtime.make("UIAlertController", shown=shown))

    def _action(self, _: int, title: int, __: int, block: int) -> Answer:
        text = self._objects.get(title, str)

        def copied(at: int) -> int:
            return self._objects.hold(self._runtime.make("UIAlertAction", title=text, block=at))

        return self._blocks.copy(block, copied)

    def _add(self, alert: int, action: int) -> None:
        shown = self._objects.get(alert, Instance).fields["shown"]
        fields = self._objects.get(action, Instance).fields
        shown.buttons.append(fields["title"])
        shown.pressed.append(fields["block"])

    def _open(self, _: int, address: int, __: int, ___: int) -> None:
        self.opened.append(self._objects.get(address, Url).text)
