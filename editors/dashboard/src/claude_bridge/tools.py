"""Tools of the dashboard's own, which Claude can call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool."""

    #: The session in which Claude calls it.
    session_id: str
    #: The arguments, which are as the tool's schema wants them.
    arguments: Mapping[str, Any]
    #: The model's id of the call, under which events speak of it.
    tool_use_id: str | None


#: What a tool answers: text, or MCP's content blocks.
ToolResult = str | Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Tool:
    """A tool: declared when the sidecar starts, and run here when Claude calls it.

    What `run` raises is told to the model as the tool's failure.
    """

    name: str
    #: What it does, for the model.
    description: str
    run: Callable[[ToolCall], Awaitable[ToolResult]]
    #: The JSON Schema of its arguments, of type object.
    input_schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    #: Whether the person is asked before it is called.
    requires_approval: bool = False
    #: MCP's annotations, such as `readOnlyHint`.
    annotations: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def declaration(self) -> dict[str, object]:
        """As it is declared at `initialize`."""
        return {
            "name": self.name,
            "description": self.description,
            "inputSchema": dict(self.input_schema),
            "requiresApproval": self.requires_approval,
            "annotations": dict(self.annotations),
        }


def content(result: ToolResult) -> list[dict[str, Any]]:
    """A result as content blocks."""
    if isinstance(result, str):
        return [{"type": "text", "text": result}]
    return [dict(block) for block in result]
