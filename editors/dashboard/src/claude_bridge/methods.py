# Written by editors/dashboard/generate from schemas/: change those, and run it again.
"""Every method of the protocol, typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from .protocol import (
    Content,
    ContextUsageResult,
    Done,
    ExportFormat,
    HealthResult,
    ImportConflict,
    McpServer,
    McpStatusResult,
    MessageListResult,
    MessageSearchResult,
    Mode,
    Order,
    PermissionAnswer,
    PermissionGrantsResult,
    PermissionId,
    PermissionListResult,
    PermissionRevokeResult,
    ProgressToken,
    Role,
    SearchInclude,
    SearchOrder,
    SessionCapabilitiesResult,
    SessionExportResult,
    SessionId,
    SessionImportResult,
    SessionInterruptResult,
    SessionListResult,
    SessionResult,
    SessionState,
    SessionSubscribeResult,
    StudyGetResult,
    StudyListResult,
    Timestamp,
    Turn,
    UsageGroup,
    UsageSummaryResult,
)


class Methods:
    """The protocol's methods, each under its name: `session/create` is `session_create`."""

    async def request(self, method: str, params: Mapping[str, object] | None = None) -> Any:
        """Calls a method by its name and waits for its result."""
        raise NotImplementedError

    async def session_create(
        self,
        *,
        mode: Mode | None = None,
        study_id: str | None = None,
        cwd: str | None = None,
        title: str | None = None,
        model: str | None = None,
        effort: str | None = None,
        max_turns: int | None = None,
        max_budget_usd: float | None = None,
        resume_session_id: SessionId | None = None,
        mcp_servers: dict[str, McpServer] | None = None,
    ) -> SessionResult:
        """`session/create`: Makes a session, or goes on with one. It is stored when this answers.

        - `mode`: What Claude may do; default `user`.
        - `study_id`: The study it is about, as `study/list` names it.
        - `cwd`: The folder Claude works in, absolute; default: the workspace folder, with the Atomizer profile its
          root.
        - `title`: A title.
        - `model`: The model, as the CLI names it; default: the CLI's.
        - `effort`: How hard the model thinks, as the CLI names it: `low`, `medium`, `high`, …
        - `max_turns`: After how many requests to the model a turn is ended.
        - `max_budget_usd`: What the session may cost, in US dollars.
        - `resume_session_id`: Go on with this session instead of making one.
        - `mcp_servers`: MCP servers for this session, beside the configured ones; one of the same name replaces it.
        """
        params = {
            "mode": mode,
            "studyId": study_id,
            "cwd": cwd,
            "title": title,
            "model": model,
            "effort": effort,
            "maxTurns": max_turns,
            "maxBudgetUsd": max_budget_usd,
            "resumeSessionId": resume_session_id,
            "mcpServers": mcp_servers,
        }
        return cast("SessionResult", await self.request("session/create", params))

    async def session_get(
        self,
        session_id: SessionId,
    ) -> SessionResult:
        """`session/get`: A session as it is now.

        - `session_id`: The session.
        """
        params = {
            "sessionId": session_id,
        }
        return cast("SessionResult", await self.request("session/get", params))

    async def session_list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: SessionState | None = None,
        study_id: str | None = None,
        query: str | None = None,
    ) -> SessionListResult:
        """`session/list`: A page of the sessions, newest activity first.

        - `limit`: How many at most, 1 to 1000; default 100.
        - `cursor`: Where the page before ended: its `nextCursor`.
        - `state`: Only those that are doing this.
        - `study_id`: Only those that are about this study.
        - `query`: Only those whose title contains this, in any case.
        """
        params = {
            "limit": limit,
            "cursor": cursor,
            "state": state,
            "studyId": study_id,
            "query": query,
        }
        return cast("SessionListResult", await self.request("session/list", params))

    async def session_set_mode(
        self,
        session_id: SessionId,
        mode: Mode,
    ) -> SessionResult:
        """`session/setMode`: Changes what Claude may do in a session, from now on.

        - `session_id`: The session.
        - `mode`: What Claude may do in it from now on.
        """
        params = {
            "sessionId": session_id,
            "mode": mode,
        }
        return cast("SessionResult", await self.request("session/setMode", params))

    async def session_set_model(
        self,
        session_id: SessionId,
        model: str,
    ) -> SessionResult:
        """`session/setModel`: Has another model answer in a session, from the next request to it on.

        - `session_id`: The session.
        - `model`: The model, as `session/capabilities` names it; `default` for the CLI's own choice.
        """
        params = {
            "sessionId": session_id,
            "model": model,
        }
        return cast("SessionResult", await self.request("session/setModel", params))

    async def session_set_study(
        self,
        session_id: SessionId,
        *,
        study_id: str | None = None,
    ) -> SessionResult:
        """`session/setStudy`: Has a session be about another study, or about none, from its next turn on.

        - `session_id`: The session.
        - `study_id`: The study it is about from now on, as `study/list` names it; absent: none.
        """
        params = {
            "sessionId": session_id,
            "studyId": study_id,
        }
        return cast("SessionResult", await self.request("session/setStudy", params))

    async def session_rename(
        self,
        session_id: SessionId,
        title: str,
    ) -> SessionResult:
        """`session/rename`: Gives a session another title.

        - `session_id`: The session.
        - `title`: Its new title, 1 to 200 characters.
        """
        params = {
            "sessionId": session_id,
            "title": title,
        }
        return cast("SessionResult", await self.request("session/rename", params))

    async def session_fork(
        self,
        session_id: SessionId,
        *,
        title: str | None = None,
    ) -> SessionResult:
        """`session/fork`: Makes a session that goes on from where another one is, which stays as it is.

        - `session_id`: The session to go on from. It stays as it is, and may go on, too.
        - `title`: The title of the new one, 1 to 200 characters; default: the same.
        """
        params = {
            "sessionId": session_id,
            "title": title,
        }
        return cast("SessionResult", await self.request("session/fork", params))

    async def session_interrupt(
        self,
        session_id: SessionId,
        *,
        include_queued: bool | None = None,
    ) -> SessionInterruptResult:
        """`session/interrupt`: Interrupts the running turn; its request then answers.

        - `session_id`: The session.
        - `include_queued`: Whether the messages that wait behind the turn go too.
        """
        params = {
            "sessionId": session_id,
            "includeQueued": include_queued,
        }
        return cast("SessionInterruptResult", await self.request("session/interrupt", params))

    async def session_compact(
        self,
        session_id: SessionId,
        *,
        work_done_token: ProgressToken | None = None,
        partial_result_token: ProgressToken | None = None,
    ) -> Turn:
        """`session/compact`: Summarises the conversation to make room in the model's context: a turn.

        - `session_id`: The session.
        - `work_done_token`: The token for work-done progress.
        - `partial_result_token`: The token under which the turn's events are streamed.
        """
        params = {
            "sessionId": session_id,
            "workDoneToken": work_done_token,
            "partialResultToken": partial_result_token,
        }
        return cast("Turn", await self.request("session/compact", params))

    async def session_capabilities(
        self,
        session_id: SessionId,
    ) -> SessionCapabilitiesResult:
        """`session/capabilities`: The models, slash commands and agents of a session, as its CLI named them.

        - `session_id`: The session.
        """
        params = {
            "sessionId": session_id,
        }
        return cast("SessionCapabilitiesResult", await self.request("session/capabilities", params))

    async def session_context_usage(
        self,
        session_id: SessionId,
    ) -> ContextUsageResult:
        """`session/contextUsage`: What fills the model's context in a session that a process serves.

        - `session_id`: The session.
        """
        params = {
            "sessionId": session_id,
        }
        return cast("ContextUsageResult", await self.request("session/contextUsage", params))

    async def session_close(
        self,
        session_id: SessionId,
    ) -> SessionResult:
        """`session/close`: Ends a session's process and keeps its history; a message opens it again.

        - `session_id`: The session.
        """
        params = {
            "sessionId": session_id,
        }
        return cast("SessionResult", await self.request("session/close", params))

    async def session_delete(
        self,
        session_id: SessionId,
    ) -> Done:
        """`session/delete`: Ends a session's process and removes all that is stored of it.

        - `session_id`: The session.
        """
        params = {
            "sessionId": session_id,
        }
        return cast("Done", await self.request("session/delete", params))

    async def session_subscribe(
        self,
        session_id: SessionId,
        subscription_token: ProgressToken,
        *,
        after_seq: int | None = None,
    ) -> SessionSubscribeResult:
        """`session/subscribe`: Follows a session: answers, replays what is stored after `afterSeq`, and goes on
        live.

        - `session_id`: The session.
        - `subscription_token`: The token under which events are streamed, until it is given to
          `session/unsubscribe`.
        - `after_seq`: The number of the last event that the client has; absent: it wants all from the beginning.
          The `lastSeq` of a session asks for what is still to come.
        """
        params = {
            "sessionId": session_id,
            "subscriptionToken": subscription_token,
            "afterSeq": after_seq,
        }
        return cast("SessionSubscribeResult", await self.request("session/subscribe", params))

    async def session_unsubscribe(
        self,
        subscription_token: ProgressToken,
    ) -> Done:
        """`session/unsubscribe`: Ends a subscription: nothing comes under its token after the answer.

        - `subscription_token`: The token of the subscription. Nothing comes under it after the answer.
        """
        params = {
            "subscriptionToken": subscription_token,
        }
        return cast("Done", await self.request("session/unsubscribe", params))

    async def session_export(
        self,
        session_id: SessionId,
        format: ExportFormat,
    ) -> SessionExportResult:
        """`session/export`: A session as a document: Markdown to be read, or JSON with all that is stored.

        - `session_id`: The session.
        - `format`: In what form.
        """
        params = {
            "sessionId": session_id,
            "format": format,
        }
        return cast("SessionExportResult", await self.request("session/export", params))

    async def session_import(
        self,
        content: str,
        *,
        cwd: str | None = None,
        on_conflict: ImportConflict | None = None,
        trust: bool | None = None,
    ) -> SessionImportResult:
        """`session/import`: Takes in a session that was exported as JSON, with the id that it had.

        - `content`: What `session/export` gave for the format `json`.
        - `cwd`: The folder that the session works in from now on, absolute; default: the one that it worked in,
          which has to be there.
        - `on_conflict`: What is done where the session is here already, and not the same; default `fail`.
        - `trust`: Whether what the archive says of power mode, of permissions that were granted for longer than
          once, and of MCP servers, counts here. Only for archives of one's own.
        """
        params = {
            "content": content,
            "cwd": cwd,
            "onConflict": on_conflict,
            "trust": trust,
        }
        return cast("SessionImportResult", await self.request("session/import", params))

    async def message_send(
        self,
        session_id: SessionId,
        content: Content,
        *,
        work_done_token: ProgressToken | None = None,
        partial_result_token: ProgressToken | None = None,
    ) -> Turn:
        """`message/send`: Says something in a session, streams what happens, and answers with the turn.

        - `session_id`: The session to speak in.
        - `content`: What to say.
        - `work_done_token`: The token under which work-done progress is reported.
        - `partial_result_token`: The token under which the turn's events are streamed.
        """
        params = {
            "sessionId": session_id,
            "content": content,
            "workDoneToken": work_done_token,
            "partialResultToken": partial_result_token,
        }
        return cast("Turn", await self.request("message/send", params))

    async def message_list(
        self,
        session_id: SessionId,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        order: Order | None = None,
    ) -> MessageListResult:
        """`message/list`: A page of a session's messages.

        - `session_id`: The session whose messages are wanted.
        - `limit`: How many at most, 1 to 1000; default 100.
        - `cursor`: Where the page before ended: its `nextCursor`.
        - `order`: Oldest or newest first; default `asc`.
        """
        params = {
            "sessionId": session_id,
            "limit": limit,
            "cursor": cursor,
            "order": order,
        }
        return cast("MessageListResult", await self.request("message/list", params))

    async def message_search(
        self,
        query: str,
        *,
        order: SearchOrder | None = None,
        session_id: SessionId | None = None,
        study_id: str | None = None,
        role: Role | None = None,
        since: Timestamp | None = None,
        until: Timestamp | None = None,
        include: list[SearchInclude] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> MessageSearchResult:
        """`message/search`: A page of the messages that say something, newest or best first.

        - `query`: What the messages say: words, all of which have to occur; `"a phrase"`; `prefix*`; `-not`; `one
          OR other`. Case and accents make no difference, punctuation separates words. Chinese, Japanese, Korean and
          Thai words are found inside of sentences.
        - `order`: The order; default `newest`.
        - `session_id`: Only messages of this session.
        - `study_id`: Only messages of sessions that are about this study.
        - `role`: Only messages of this role.
        - `since`: Only messages from then on.
        - `until`: Only messages from before then.
        - `include`: What is searched beside what was said and the files that were attached.
        - `limit`: How many at most, 1 to 200; default 20.
        - `cursor`: Where the page before ended: its `nextCursor`.
        """
        params = {
            "query": query,
            "order": order,
            "sessionId": session_id,
            "studyId": study_id,
            "role": role,
            "since": since,
            "until": until,
            "include": include,
            "limit": limit,
            "cursor": cursor,
        }
        return cast("MessageSearchResult", await self.request("message/search", params))

    async def usage_summary(
        self,
        group_by: UsageGroup,
        *,
        since: Timestamp | None = None,
        until: Timestamp | None = None,
    ) -> UsageSummaryResult:
        """`usage/summary`: Tokens and cost by session, study, model or day.

        - `group_by`: By what the turns are grouped.
        - `since`: Only turns that began then or later.
        - `until`: Only turns that began before then.
        """
        params = {
            "groupBy": group_by,
            "since": since,
            "until": until,
        }
        return cast("UsageSummaryResult", await self.request("usage/summary", params))

    async def study_list(
        self,
    ) -> StudyListResult:
        """`study/list`: The studies of the profile, sorted by id."""
        params = None
        return cast("StudyListResult", await self.request("study/list", params))

    async def study_get(
        self,
        study_id: str,
    ) -> StudyGetResult:
        """`study/get`: A study, and what Claude would be told of it now.

        - `study_id`: The study.
        """
        params = {
            "studyId": study_id,
        }
        return cast("StudyGetResult", await self.request("study/get", params))

    async def permission_list(
        self,
        *,
        session_id: SessionId | None = None,
    ) -> PermissionListResult:
        """`permission/list`: The permissions that wait for an answer.

        - `session_id`: Only those of this session.
        """
        params = {
            "sessionId": session_id,
        }
        return cast("PermissionListResult", await self.request("permission/list", params))

    async def permission_answer(
        self,
        permission_id: PermissionId,
        answer: PermissionAnswer,
    ) -> Done:
        """`permission/answer`: Answers a permission, for a client that was not asked by request. The first answer
        counts.

        - `permission_id`: The permission.
        - `answer`: The answer.
        """
        params = {
            "permissionId": permission_id,
            "answer": answer,
        }
        return cast("Done", await self.request("permission/answer", params))

    async def permission_grants(
        self,
        *,
        session_id: SessionId | None = None,
    ) -> PermissionGrantsResult:
        """`permission/grants`: What the person has allowed for longer than once.

        - `session_id`: Only what counts in this session: what was allowed in it, and in the folder that it works
          in.
        """
        params = {
            "sessionId": session_id,
        }
        return cast("PermissionGrantsResult", await self.request("permission/grants", params))

    async def permission_revoke(
        self,
        grant_id: str,
    ) -> PermissionRevokeResult:
        """`permission/revoke`: Takes back what was allowed for longer than once: from the next turn on Claude asks
        again. A session that another bridge runs goes on with it until its process ends.

        - `grant_id`: The grant.
        """
        params = {
            "grantId": grant_id,
        }
        return cast("PermissionRevokeResult", await self.request("permission/revoke", params))

    async def mcp_status(
        self,
        session_id: SessionId,
    ) -> McpStatusResult:
        """`mcp/status`: How a session's MCP servers are; `stopped` where no process serves it.

        - `session_id`: The session.
        """
        params = {
            "sessionId": session_id,
        }
        return cast("McpStatusResult", await self.request("mcp/status", params))

    async def bridge_health(
        self,
    ) -> HealthResult:
        """`bridge/health`: Whether all is there that is needed; what is not is a check that failed, never an error."""
        params = None
        return cast("HealthResult", await self.request("bridge/health", params))
