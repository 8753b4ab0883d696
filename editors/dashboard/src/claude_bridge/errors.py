"""What can go wrong, as exceptions.

Whatever the server answers is a `BridgeError`, of the class that `claude_bridge.kinds` has for its kind; of a kind that
this version does not know it is a plain `BridgeError`. What goes wrong on this side is a subclass too, so that one
`except BridgeError` catches all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class BridgeError(Exception):
    """A request failed. `kind` is stable and made for programs, the message is made for people."""

    def __init__(
        self,
        message: str,
        *,
        kind: str = "unknown",
        retryable: bool = False,
        hint: str | None = None,
        code: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        #: Whether the same request may succeed later, with nothing changed.
        self.retryable = retryable
        #: What can be done about it.
        self.hint = hint
        #: JSON-RPC's number; None where the error did not come over the wire.
        self.code = code
        #: All that the server said about it.
        self.data: Mapping[str, Any] = data if data is not None else {}

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class SidecarNotFoundError(BridgeError):
    """There is no claude-bridge where it was looked for."""

    def __init__(self, message: str) -> None:
        hint = "give its path as `command`, set CLAUDE_BRIDGE, or put it in PATH"
        super().__init__(message, kind="sidecarNotFound", hint=hint)


class SidecarExitedError(BridgeError):
    """claude-bridge ended, or could not be started. It is started again; what was stored is still there."""

    def __init__(self, message: str, *, exit_code: int | None = None, stderr: str = "") -> None:
        super().__init__(message, kind="sidecarExited", retryable=True)
        self.exit_code = exit_code
        #: The last lines that it wrote to stderr.
        self.stderr = stderr


class BridgeClosedError(BridgeError):
    """The `Bridge` was not started, or has been closed."""

    def __init__(self, message: str = "the bridge is closed") -> None:
        super().__init__(message, kind="bridgeClosed", hint="use it inside `async with Bridge(...)`")


def from_response(error: Mapping[str, Any]) -> BridgeError:
    """The exception for a JSON-RPC error object."""
    data: Mapping[str, Any] = error.get("data") or {}
    return _build(data, str(error.get("message", "")), error.get("code"))


def from_data(data: Mapping[str, Any]) -> BridgeError:
    """The exception for an `ErrorData`: what a failed turn or session carries as `error`."""
    return _build(data, str(data.get("message", "")), None)


def _build(data: Mapping[str, Any], message: str, code: object) -> BridgeError:
    from .kinds import BY_KIND  # it needs this module

    kind = str(data.get("kind", "unknown"))
    return BY_KIND.get(kind, BridgeError)(
        message or str(data.get("message", kind)),
        kind=kind,
        retryable=data.get("retryable") is True,
        hint=data.get("hint"),
        code=code if isinstance(code, int) else None,
        data=data,
    )
