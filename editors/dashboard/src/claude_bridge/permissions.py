"""Answers to what Claude asks the person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from .protocol import Permission, PermissionAnswer, PermissionScope

#: Answers a permission; None leaves it to the others who were asked.
OnPermission = Callable[[Permission], Awaitable[PermissionAnswer | None]]
#: Answers the questions of a permission whose `kind` is `question`, each by its text; None declines.
OnQuestion = Callable[[Permission], Awaitable[Mapping[str, str | Sequence[str]] | None]]


def allow(
    *,
    scope: PermissionScope | None = None,
    suggestion_id: str | None = None,
    updated_input: Mapping[str, Any] | None = None,
) -> PermissionAnswer:
    """Go on; `scope` says for how long, `updated_input` replaces the arguments."""
    answer: PermissionAnswer = {"behavior": "allow"}
    if scope is not None:
        answer["scope"] = scope
    if suggestion_id is not None:
        answer["suggestionId"] = suggestion_id
    if updated_input is not None:
        answer["updatedInput"] = dict(updated_input)
    return answer


def deny(message: str | None = None) -> PermissionAnswer:
    """Do not; `message` is what the model is told."""
    return {"behavior": "deny"} if message is None else {"behavior": "deny", "message": message}


def answers(by_question: Mapping[str, str | Sequence[str]]) -> PermissionAnswer:
    """What the person says to the questions, each by its text: an option's label, or a text of their own."""
    said = {question: text if isinstance(text, str) else list(text) for question, text in by_question.items()}
    return {"behavior": "allow", "answers": said}
