"""Stacks of Apple's systems in Mach-O files: each is told by its names, and by no name that only looks like it."""

from __future__ import annotations

import pytest

from pinfuse.coverage.apple import CHALLENGE, PINS, STACKS, AppleSeen, AppleStack, look_at_image
from pinfuse.coverage.marks import LABELS


def symbol(name: str) -> bytes:
    return f"\0_OBJC_CLASS_$_{name}\0".encode()


def told(stack: AppleStack, number: int) -> bytes:
    """Bytes that tell the stack in one of its ways."""
    also = b"".join(map(symbol, stack.also))
    if number < len(stack.classes):
        return also + symbol(stack.classes[number])
    return also + b"\0" + stack.symbols[number - len(stack.classes)].encode() + b"\0"


CASES = [(stack, number) for stack in STACKS for number in range(len(stack.classes) + len(stack.symbols))]


@pytest.mark.parametrize(("stack", "number"), CASES, ids=lambda one: getattr(one, "name", str(one)))
def test_a_stack_is_found_where_it_is_and_not_half(stack: AppleStack, number: int) -> None:
    data = bytes(50) + told(stack, number) + bytes(50)
    assert look_at_image([data]).has(stack)
    assert look_at_image(data[at : at + 9] for at in range(0, len(data), 9)).has(stack)
    if stack.also:
        alone = data.replace(symbol(stack.also[0]), b"")
        assert not look_at_image([alone]).has(stack)
    elif number < len(stack.classes):
        assert not look_at_image([data.replace(b"_OBJC_CLASS_$_", b"_OBJC_PROTO_$")]).has(stack)
    else:
        assert not look_at_image([data.replace(stack.symbols[number - len(stack.classes)].encode(), b"")]).has(stack)


def test_a_longer_name_is_another() -> None:
    seen = look_at_image([symbol("NSURLSessionMadeUp") + b"\0_SSLHandshakeLater\0\0sharedSessionOfOurs\0"])
    assert seen == AppleSeen(frozenset({"NSURLSessionMadeUp"}), frozenset())


def test_the_old_runtime_of_simulators_names_classes_in_another_way() -> None:
    assert look_at_image([b"\0.objc_class_name_UIWebView\0"]).classes == {"UIWebView"}


def test_labels_of_tls_are_counted() -> None:
    assert look_at_image([b"\0".join(LABELS[:5])]).labels == 5
    assert look_at_image([b"no TLS here"]).labels == 0


@pytest.mark.parametrize(("name", "classes", "symbols"), PINS)
def test_pins_of_the_app_itself(name: str, classes: tuple[str, ...], symbols: tuple[str, ...]) -> None:
    for one in classes:
        assert look_at_image([symbol(one)]).classes == {one}
    for one in symbols:
        assert one in look_at_image([b"$s9Alamofire" + one.encode() + b"CMa"]).symbols
    assert CHALLENGE in look_at_image([b"\0" + CHALLENGE.encode() + b"\0"]).symbols
