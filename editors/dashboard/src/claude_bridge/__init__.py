"""The Python client of claude-bridge: conversations with Claude for a dashboard's backend."""

from . import kinds, protocol
from .bridge import Bridge
from .errors import BridgeClosedError, BridgeError, SidecarExitedError, SidecarNotFoundError
from .permissions import OnPermission, OnQuestion, allow, answers, deny
from .session import Session
from .streams import EventStream, Subscription, TurnStream
from .tools import Tool, ToolCall

__version__ = "0.1.0"

__all__ = [
    "Bridge",
    "BridgeClosedError",
    "BridgeError",
    "EventStream",
    "OnPermission",
    "OnQuestion",
    "Session",
    "SidecarExitedError",
    "SidecarNotFoundError",
    "Subscription",
    "Tool",
    "ToolCall",
    "TurnStream",
    "allow",
    "answers",
    "deny",
    "kinds",
    "protocol",
]
