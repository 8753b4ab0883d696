# Written by editors/dashboard/generate from schemas/: change those, and run it again.
"""What goes over the wire, as it goes: JSON objects with the protocol's own names.

An object of the server's may have more fields than are named here, and a string that is a `Literal` here may have
values that a later server brings: have an `else` for them.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict

#: Result of the methods that have nothing to say but that it was done.
Done: TypeAlias = dict[str, Any]

#: Every kind of error that can reach a client, with its JSON-RPC code.
#: - `parseError`: The bytes were not JSON.
#: - `invalidRequest`: JSON, but no JSON-RPC request, or one that may not come now.
#: - `methodNotFound`: No method of that name.
#: - `invalidParams`: The parameters are missing, of the wrong type, or make no sense together.
#: - `internalError`: A fault of ours.
#: - `serverNotInitialized`: A request came before `initialize`.
#: - `requestCancelled`: The client cancelled the request.
#: - `sessionNotFound`: No session has that id.
#: - `studyNotFound`: No study has that id.
#: - `permissionNotFound`: No permission that waits for an answer has that id.
#: - `invalidQuery`: A search that cannot be read.
#: - `sessionBusy`: The session's queue of messages is full.
#: - `modeNotAllowed`: Power mode was asked for where the configuration does not enable it.
#: - `sessionHeld`: Another live bridge runs the session.
#: - `sessionClosed`: The session was closed or deleted while the message waited.
#: - `sessionExists`: A session of that id is there already, and not the same.
#: - `cliNotFound`: The Claude CLI is not where it was looked for.
#: - `cliUnsupported`: The Claude CLI that was found is too old.
#: - `cliExited`: The Claude CLI ended when it should not have.
#: - `cliTimeout`: The Claude CLI did not answer in time.
#: - `cliProtocol`: The Claude CLI said something that cannot be followed.
#: - `authentication`: The API did not accept the credential.
#: - `apiError`: The API refused or failed the request.
#: - `overloadedApi`: The API is overloaded.
#: - `budgetExceeded`: The session's budget is spent.
#: - `storeUnavailable`: The history cannot be opened, read or written.
#: - `storeCorrupt`: The history's file is damaged.
#: - `storeNewer`: The history was written by a newer version.
#: - `overloaded`: Too many sessions or requests at once.
#: - `shuttingDown`: The server is going down and takes nothing new.
#: - `payloadTooLarge`: A message is longer than the limit.
ErrorKind: TypeAlias = Literal[
    "parseError",
    "invalidRequest",
    "methodNotFound",
    "invalidParams",
    "internalError",
    "serverNotInitialized",
    "requestCancelled",
    "sessionNotFound",
    "studyNotFound",
    "permissionNotFound",
    "invalidQuery",
    "sessionBusy",
    "modeNotAllowed",
    "sessionHeld",
    "sessionClosed",
    "sessionExists",
    "cliNotFound",
    "cliUnsupported",
    "cliExited",
    "cliTimeout",
    "cliProtocol",
    "authentication",
    "apiError",
    "overloadedApi",
    "budgetExceeded",
    "storeUnavailable",
    "storeCorrupt",
    "storeNewer",
    "overloaded",
    "shuttingDown",
    "payloadTooLarge",
]

#: The form of an exported session.
#: - `markdown`: For people: the conversation, with what it cost.
#: - `json`: For programs: all that is stored, as `archive.json` describes it.
ExportFormat: TypeAlias = Literal["markdown", "json"]

#: Parameters of `bridge/health`.
HealthParams: TypeAlias = dict[str, Any]

#: How something is.
#: - `ok`: As it should be.
#: - `warning`: It works, but the person should know something.
#: - `failed`: It does not work.
HealthStatus: TypeAlias = Literal["ok", "warning", "failed"]

#: What is done where a session that is imported is here already, and not the same.
#: - `fail`: Nothing: the answer is `sessionExists`.
#: - `replace`: The archive's takes its place.
ImportConflict: TypeAlias = Literal["fail", "replace"]

#: What an import did.
#: - `imported`: The session is new here.
#: - `unchanged`: It was here, with all that the archive has: nothing was changed.
#: - `replaced`: It took the place of the one that was here.
ImportOutcome: TypeAlias = Literal["imported", "unchanged", "replaced"]

#: How an MCP server is.
#: - `pending`: It is starting.
#: - `connected`: Claude has its tools.
#: - `failed`: It did not start, did not answer in time, or has ended.
#: - `needsAuth`: The person has to log in to it.
#: - `disabled`: It was switched off.
#: - `stopped`: The session has no process, and so no servers; the next message starts them.
#: - `other`: Something that the CLI says and this version does not know.
McpServerState: TypeAlias = Literal[
    "pending",
    "connected",
    "failed",
    "needsAuth",
    "disabled",
    "stopped",
    "other",
]

#: How a remote MCP server is reached.
#: - `http`: Streamable HTTP.
#: - `sse`: Server-sent events.
McpTransport: TypeAlias = Literal["http", "sse"]

#: One message of a session. The deltas of a message that is still being written carry the same id, as their
#: `itemId`.
MessageId: TypeAlias = str

#: What Claude may do.
#: - `user`: Restricted: what the configuration does not allow is asked or denied.
#: - `power`: Everything, where the configuration enables it.
Mode: TypeAlias = Literal["user", "power"]

#: How serious a notice is.
#: - `info`: Good to know.
#: - `warning`: Something is missing or was refused.
#: - `error`: Something was lost.
NoticeLevel: TypeAlias = Literal["info", "warning", "error"]

#: The order of a list.
#: - `asc`: Oldest first.
#: - `desc`: Newest first.
Order: TypeAlias = Literal["asc", "desc"]

#: What is answered.
#: - `allow`: Go on.
#: - `deny`: Do not.
PermissionBehavior: TypeAlias = Literal["allow", "deny"]

#: One question of Claude's that waits, or waited, for the person.
PermissionId: TypeAlias = str

#: What is asked.
#: - `tool`: May this tool be used?
#: - `question`: What do you say to these questions? Answered by `allow` with `answers`.
#: - `plan`: Is this plan to be carried out?
PermissionKind: TypeAlias = Literal["tool", "question", "plan"]

#: What became of a permission.
#: - `allow`: It was allowed.
#: - `deny`: It was denied.
#: - `withdrawn`: Nobody needs an answer any more.
PermissionOutcome: TypeAlias = Literal["allow", "deny", "withdrawn"]

#: Who, or what, resolved a permission.
#: - `client`: The person.
#: - `deadline`: Nobody answered in time.
#: - `nobody`: No client that could be asked was there, or all of them are gone or did not want to answer.
#: - `cli`: The Claude CLI took the question back.
#: - `interrupt`: The turn was interrupted.
#: - `turnEnd`: The turn ended.
#: - `processEnd`: The process that asked is gone.
PermissionResolver: TypeAlias = Literal[
    "client",
    "deadline",
    "nobody",
    "cli",
    "interrupt",
    "turnEnd",
    "processEnd",
]

#: For how long something is allowed.
#: - `once`: This once.
#: - `session`: In this session.
#: - `project`: In all sessions that work in this folder.
PermissionScope: TypeAlias = Literal["once", "session", "project"]

#: How a client answers permissions.
#: - `request`: It is asked by `permission/request`.
#: - `poll`: It sees the event `permissionRequested`, or `permission/list`, and uses `permission/answer`.
PermissionSupport: TypeAlias = Literal["request", "poll"]

#: A progress token, chosen by whoever wants to follow.
ProgressToken: TypeAlias = int | str

#: The CLI's own name for a conversation, which may change when a session is forked or rebuilt.
ProviderSessionId: TypeAlias = str

#: The answer to a question: an option's label, or a text of the person's own.
QuestionAnswer: TypeAlias = str | list[str]

#: Who said a message.
#: - `user`: The person, or a tool that answered for them.
#: - `assistant`: Claude.
Role: TypeAlias = Literal["user", "assistant"]

#: What is searched by choice.
#: - `tools`: What tools were given and what they answered, the first 16 KiB of each.
SearchInclude: TypeAlias = Literal["tools"]

#: The order of what a search finds.
#: - `newest`: The newest first, by `createdAt`: what was imported is among the others of its time. Of the same
#: second, messages may be in the order in which they came into the history instead.
#: - `best`: The best match first, of the newest 1000 that match; there are no further ones.
SearchOrder: TypeAlias = Literal["newest", "best"]

#: A session: a row that outlives every process that served it.
SessionId: TypeAlias = str

#: What a session is doing.
#: - `idle`: A process is up or coming up; no turn.
#: - `running`: In a turn.
#: - `waiting`: In a turn that waits for the person.
#: - `parked`: No process; the next message starts one.
#: - `closed`: Closed by the client; a message opens it again.
#: - `failed`: It could not be served; `error` says why, and the next message tries again.
SessionState: TypeAlias = Literal["idle", "running", "waiting", "parked", "closed", "failed"]

#: What a session waits for.
#: - `starting`: The CLI is coming up.
#: - `requesting`: The API was asked and has not answered yet.
#: - `retrying`: The API failed and will be asked again.
#: - `compacting`: The conversation is being summarised to make room.
#: - `waitingForPermission`: A permission waits for the person's answer.
#: - `queued`: The message waits for the turns before it, or for other sessions to come to rest.
#: - `waitingForServers`: The turn waits for MCP servers that are still starting; `detail` names them.
#: - `stalled`: The CLI has said nothing for a long time.
Status: TypeAlias = Literal[
    "starting",
    "requesting",
    "retrying",
    "compacting",
    "waitingForPermission",
    "queued",
    "waitingForServers",
    "stalled",
]

#: Why a turn ended.
#: - `completed`: Claude had said what it had to say.
#: - `interrupted`: The client, or the end of this program, stopped it.
#: - `maxTurns`: The session's `maxTurns` was reached.
#: - `refused`: The model refused.
#: - `failed`: It could not be finished; `error` says why.
StopReason: TypeAlias = Literal["completed", "interrupted", "maxTurns", "refused", "failed"]

#: Parameters of `study/list`.
StudyListParams: TypeAlias = dict[str, Any]

#: RFC 3339, UTC, with milliseconds.
Timestamp: TypeAlias = str

#: One turn: a message of the person's and all that Claude did in answer to it.
TurnId: TypeAlias = str

#: Who began a turn.
#: - `client`: A client's message.
#: - `background`: A background task of Claude's that ended.
TurnOrigin: TypeAlias = Literal["client", "background"]

#: By what usage is grouped.
#: - `session`: By session, the most expensive first.
#: - `study`: By the study that the session is about now, the most expensive first.
#: - `model`: By model, the most expensive first. A turn counts for each model that it used.
#: - `day`: By the day, in UTC, on which the turn began, oldest first.
UsageGroup: TypeAlias = Literal["session", "study", "model", "day"]


class _AgentInfo(TypedDict):
    """What every `AgentInfo` has."""

    #: Its name.
    name: str


class AgentInfo(_AgentInfo, total=False):
    """An agent that Claude can send."""

    #: What it is for.
    description: str


class ClientCapabilities(TypedDict, total=False):
    """`capabilities.experimental.claudeBridge` in `initialize`: what of the client's is not LSP's own."""

    #: How the client answers permissions; absent: it cannot.
    permissions: PermissionSupport
    #: Tools of the client's own that Claude can call by `tool/call`. One that is no good is an error of
    #: `initialize`.
    tools: list[ToolDefinition]


class _CommandInfo(TypedDict):
    """What every `CommandInfo` has."""

    #: Its name, without the slash.
    name: str


class CommandInfo(_CommandInfo, total=False):
    """A command that a message can be."""

    #: What it does.
    description: str
    #: What can follow it.
    argumentHint: str


class TextBlock(TypedDict):
    """Plain text or Markdown."""

    type: Literal["text"]
    #: The text.
    text: str


class ImageBlock(TypedDict):
    """A picture."""

    type: Literal["image"]
    #: `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
    mediaType: str
    #: The bytes, in base64.
    data: str


class _FileBlock(TypedDict):
    """What every `FileBlock` has."""

    type: Literal["file"]
    #: The file's path, absolute or relative to the session's `cwd`.
    path: str


class FileBlock(_FileBlock, total=False):
    """A file, a selection of it, or an open buffer."""

    #: The part that is meant; absent: all of it.
    range: Range
    #: The text of that part as the editor has it, saved or not; absent: Claude reads the file itself.
    text: str


class ThinkingBlock(TypedDict):
    """What the model thought before it spoke. Only in what the server sends."""

    type: Literal["thinking"]
    #: The thought, as far as the model shows it.
    text: str


class ToolUseBlock(TypedDict):
    """A tool that Claude called. Only in what the server sends."""

    type: Literal["toolUse"]
    #: The model's id of the call.
    toolUseId: str
    #: The tool's name.
    name: str
    #: The arguments.
    input: Any


class ToolResultBlock(TypedDict):
    """What a tool answered. Only in what the server sends."""

    type: Literal["toolResult"]
    #: The id of the call that it answers.
    toolUseId: str
    #: Whether the tool failed.
    isError: bool
    #: What it said: text, or the model's own content blocks.
    content: Any


class ContextInfo(TypedDict):
    """What Claude was told when the session began."""

    #: SHA-256 of the text, in hexadecimal.
    hash: str
    #: Length of the text in bytes.
    bytes: int


class ContextPart(TypedDict):
    """A part of the model's context."""

    #: Its name, for people: "System prompt".
    name: str
    #: Its size in tokens.
    tokens: int
    #: What it is, as the CLI names it: `used`, `free`, `buffer`, …
    kind: str


class _ContextUsage(TypedDict):
    """What every `ContextUsage` has."""

    #: How many tokens are taken.
    totalTokens: int
    #: How many there is room for.
    maxTokens: int
    #: What takes them, and what is left.
    categories: list[ContextPart]


class ContextUsage(_ContextUsage, total=False):
    """What fills the model's context, by the CLI's estimate."""

    #: The model whose context it is.
    model: str


class ContextUsageResult(TypedDict, total=False):
    """Result of `session/contextUsage`."""

    #: What fills the context; absent while no process serves the session, since only it knows.
    context: ContextUsage


class EndProgress(TypedDict):
    """Parameters of the `$/progress` notification with which a subscription ends by itself. Its token is free
    again."""

    #: The token of the subscription.
    token: ProgressToken
    #: That it ended.
    value: EndValue


class EndValue(TypedDict):
    """The value of that notification."""

    #: Why: `sessionNotFound` where the session was deleted, or what is wrong with the history.
    ended: ErrorData


class _ErrorData(TypedDict):
    """What every `ErrorData` has."""

    #: The stable name of what went wrong: the contract with programs.
    kind: ErrorKind
    #: What went wrong, for people.
    message: str
    #: Whether the same request may succeed later, with nothing changed.
    retryable: bool


class ErrorData(_ErrorData, total=False):
    """What every error carries as `data`, and what a failed turn or session carries as `error`."""

    #: What can be done about it.
    hint: str


class EventProgress(TypedDict):
    """Parameters of the `$/progress` notifications that carry events."""

    #: The token that the client gave.
    token: ProgressToken
    #: The event, wrapped: its own `kind` at the top would be taken for work-done progress.
    value: EventValue


class EventValue(TypedDict):
    """The value of a `$/progress` notification that carries an event."""

    #: The event.
    event: SessionEvent


class _HealthCheck(TypedDict):
    """What every `HealthCheck` has."""

    #: What: `configuration`, `folders`, `leftovers`, `history`, `cli`, `credential`, `mcp`, or `mcp.NAME` for one
    #: server. There may be more.
    name: str
    #: How it is.
    status: HealthStatus
    #: What was found, for people.
    detail: str


class HealthCheck(_HealthCheck, total=False):
    """Something that was looked at."""

    #: What can be done about it.
    hint: str


class HealthResult(TypedDict):
    """Result of `bridge/health`."""

    #: What was looked at.
    checks: list[HealthCheck]


class _HeldBy(TypedDict):
    """What every `HeldBy` has."""

    #: Its process id.
    pid: int
    #: The machine that it runs on.
    host: str


class HeldBy(_HeldBy, total=False):
    """A bridge that runs a session."""

    #: The client that it serves, as the client calls itself.
    client: str


class _UrlMcpServer(TypedDict):
    """What every `UrlMcpServer` has."""

    #: How: `http` or `sse`.
    type: McpTransport
    #: Where.
    url: str


class UrlMcpServer(_UrlMcpServer, total=False):
    """One that is reached over the network."""

    #: Headers that are sent with each request; secrets belong here, never in the URL.
    headers: dict[str, str]


class _CommandMcpServer(TypedDict):
    """What every `CommandMcpServer` has."""

    #: The program.
    command: str


class CommandMcpServer(_CommandMcpServer, total=False):
    """One that the CLI starts as a child process."""

    #: Its arguments.
    args: list[str]
    #: Variables added to its environment.
    env: dict[str, str]


class _McpServerInfo(TypedDict):
    """What every `McpServerInfo` has."""

    #: Its name.
    name: str
    #: How it is.
    status: McpServerState
    #: The names of the tools that Claude has from it; none while it is not connected.
    tools: list[str]


class McpServerInfo(_McpServerInfo, total=False):
    """An MCP server of a session's."""

    #: What went wrong, in the CLI's words; the CLI does not pass on what the server wrote to its stderr.
    error: str


class McpStatusResult(TypedDict):
    """Result of `mcp/status`."""

    #: The servers, as the CLI orders them.
    servers: list[McpServerInfo]


class _Message(TypedDict):
    """What every `Message` has."""

    #: The message's id; its deltas carried it as `itemId`.
    id: MessageId
    #: The session it belongs to.
    sessionId: SessionId
    #: The turn it was said in.
    turnId: TurnId
    #: The number of the event that announced it.
    seq: int
    #: Who said it.
    role: Role
    #: What it says.
    content: list[ContentBlock]
    #: When it was complete.
    createdAt: Timestamp


class Message(_Message, total=False):
    """One stored message of a session."""

    #: The call of the `Task` tool whose agent said it, where it was not the conversation's own.
    parentToolUseId: str


class _MessageListParams(TypedDict):
    """What every `MessageListParams` has."""

    #: The session whose messages are wanted.
    sessionId: SessionId


class MessageListParams(_MessageListParams, total=False):
    """Parameters of `message/list`."""

    #: How many at most, 1 to 1000; default 100.
    limit: int
    #: Where the page before ended: its `nextCursor`.
    cursor: str
    #: Oldest or newest first; default `asc`.
    order: Order


class _MessageListResult(TypedDict):
    """What every `MessageListResult` has."""

    #: The page.
    messages: list[Message]


class MessageListResult(_MessageListResult, total=False):
    """Result of `message/list`."""

    #: Give it as `cursor` to get the next page; absent on the last one.
    nextCursor: str


class _MessageSearchParams(TypedDict):
    """What every `MessageSearchParams` has."""

    #: What the messages say: words, all of which have to occur; `"a phrase"`; `prefix*`; `-not`; `one OR other`.
    #: Case and accents make no difference, punctuation separates words. Chinese, Japanese, Korean and Thai words
    #: are found inside of sentences.
    query: str


class MessageSearchParams(_MessageSearchParams, total=False):
    """Parameters of `message/search`."""

    #: The order; default `newest`.
    order: SearchOrder
    #: Only messages of this session.
    sessionId: SessionId
    #: Only messages of sessions that are about this study.
    studyId: str
    #: Only messages of this role.
    role: Role
    #: Only messages from then on.
    since: Timestamp
    #: Only messages from before then.
    until: Timestamp
    #: What is searched beside what was said and the files that were attached.
    include: list[SearchInclude]
    #: How many at most, 1 to 200; default 20.
    limit: int
    #: Where the page before ended: its `nextCursor`.
    cursor: str


class _MessageSearchResult(TypedDict):
    """What every `MessageSearchResult` has."""

    #: The page.
    hits: list[SearchHit]


class MessageSearchResult(_MessageSearchResult, total=False):
    """Result of `message/search`."""

    #: Give it as `cursor`, with the same parameters, to get the next page; absent on the last one.
    nextCursor: str
    #: About how many of the oldest messages cannot be found yet, since they are from before there was an index and
    #: are still being added to it; absent where all can.
    unindexed: int


class _MessageSendParams(TypedDict):
    """What every `MessageSendParams` has."""

    #: The session to speak in.
    sessionId: SessionId
    #: What to say.
    content: Content


class MessageSendParams(_MessageSendParams, total=False):
    """Parameters of `message/send`."""

    #: The token under which work-done progress is reported.
    workDoneToken: ProgressToken
    #: The token under which the turn's events are streamed.
    partialResultToken: ProgressToken


class _ModelInfo(TypedDict):
    """What every `ModelInfo` has."""

    #: What it is chosen by: `opus`.
    id: str
    #: Its name for people.
    name: str


class ModelInfo(_ModelInfo, total=False):
    """A model that can be chosen."""

    #: What it is good for.
    description: str
    #: The API's name of the model that this stands for today.
    resolved: str
    #: The values of `effort` that it takes.
    effortLevels: list[str]


class _Permission(TypedDict):
    """What every `Permission` has."""

    #: The permission's id.
    id: PermissionId
    #: The session.
    sessionId: SessionId
    #: The turn; of an agent that works on in the background, the last one.
    turnId: TurnId
    #: The model's id of the tool call.
    toolUseId: str
    #: The tool's name.
    toolName: str
    #: What it does, in a few words: "Run cargo test".
    title: str
    #: The arguments; of a plan, with its text as `plan`.
    input: Any
    #: What is asked.
    kind: PermissionKind
    #: When it was asked.
    createdAt: Timestamp


class Permission(_Permission, total=False):
    """Something that Claude may do only if the person lets it, or that only the person can answer."""

    #: What the model says of it.
    description: str
    #: Where `kind` is `question`: what the person is asked.
    questions: list[Question]
    #: What can be allowed from now on together with this, the closest first.
    suggestions: list[PermissionSuggestion]
    #: When it is denied if nobody has answered; absent: never.
    expiresAt: Timestamp


class _PermissionAnswer(TypedDict):
    """What every `PermissionAnswer` has."""

    #: Whether it is allowed.
    behavior: PermissionBehavior


class PermissionAnswer(_PermissionAnswer, total=False):
    """The answer to a permission."""

    #: For how long; absent: as the chosen suggestion says, and once without one. Where it is longer than once, what
    #: is allowed is the chosen suggestion, and without one the first.
    scope: PermissionScope
    #: What else is allowed: one of the permission's suggestions.
    suggestionId: str
    #: What the model is told about a denial.
    message: str
    #: The arguments to use instead: the whole object.
    updatedInput: dict[str, Any]
    #: The answers to the questions, each by the question's text.
    answers: dict[str, QuestionAnswer]


class PermissionAnswerParams(TypedDict):
    """Parameters of `permission/answer`."""

    #: The permission.
    permissionId: PermissionId
    #: The answer.
    answer: PermissionAnswer


class _PermissionGrant(TypedDict):
    """What every `PermissionGrant` has."""

    #: Its id, by which it is revoked.
    id: str
    #: What it allows: "Allow Bash(cargo test:*)".
    label: str
    #: For how long: `session` or `project`.
    scope: PermissionScope
    #: When it was allowed.
    createdAt: Timestamp


class PermissionGrant(_PermissionGrant, total=False):
    """What the person has allowed for longer than once."""

    #: The session, where it is for one.
    sessionId: SessionId
    #: The folder, where it is for all sessions that work in it; by its real path.
    project: str


class PermissionGrantsParams(TypedDict, total=False):
    """Parameters of `permission/grants`."""

    #: Only what counts in this session: what was allowed in it, and in the folder that it works in.
    sessionId: SessionId


class PermissionGrantsResult(TypedDict):
    """Result of `permission/grants`."""

    #: What is allowed, the oldest first.
    grants: list[PermissionGrant]


class PermissionListParams(TypedDict, total=False):
    """Parameters of `permission/list`."""

    #: Only those of this session.
    sessionId: SessionId


class PermissionListResult(TypedDict):
    """Result of `permission/list`."""

    #: Those that still wait for an answer, oldest first.
    permissions: list[Permission]


class PermissionRevokeParams(TypedDict):
    """Parameters of `permission/revoke`."""

    #: The grant.
    grantId: str


class PermissionRevokeResult(TypedDict):
    """Result of `permission/revoke`."""

    #: Whether it was there.
    revoked: bool


class PermissionSuggestion(TypedDict):
    """What can be allowed from now on."""

    #: Its name in the answer.
    id: str
    #: What it allows: "Allow Bash(cargo test:*)".
    label: str
    #: For how long, unless the answer says otherwise.
    scope: PermissionScope


class Position(TypedDict):
    """A place in a text document, as LSP has it."""

    #: Line, from zero.
    line: int
    #: Character in the line, from zero, in UTF-16 code units.
    character: int


class ProcessInfo(TypedDict):
    """A running Claude CLI."""

    #: Its process id.
    pid: int
    #: When it was started.
    startedAt: Timestamp
    #: Its version.
    cliVersion: str


class Question(TypedDict):
    """A question of the model's to the person."""

    #: The question, by which its answer is given.
    question: str
    #: What it is about, in a word or two.
    header: str
    #: What can be chosen. A text of the person's own is an answer as well.
    options: list[QuestionOption]
    #: Whether several can be chosen.
    multiSelect: bool


class QuestionOption(TypedDict):
    """What can be chosen as an answer."""

    #: The answer.
    label: str
    #: What it means.
    description: str


class Range(TypedDict):
    """A part of a text document, as LSP has it."""

    #: Where it begins.
    start: Position
    #: Where it ends, exclusive.
    end: Position


class SearchHit(TypedDict):
    """A message that was found."""

    #: The message.
    message: Message
    #: Its session.
    session: SearchedSession
    #: The part of the message that was found, in one line.
    snippet: str
    #: Where in `snippet` the words are: start and end, exclusive, in UTF-16 code units, as LSP counts.
    ranges: list[list[int]]


class SearchedSession(TypedDict):
    """The session of a message that was found."""

    #: Its id.
    id: SessionId
    #: Its title.
    title: str


class ServerCapabilities(TypedDict):
    """`capabilities.experimental.claudeBridge` in the answer to `initialize`."""

    #: Rises when a client would have to change.
    protocolVersion: int
    #: The methods this server has.
    methods: list[str]
    #: The modes a session can be in here; `power` only where the configuration enables it.
    modes: list[Mode]
    #: The kinds of event this server sends.
    events: list[str]


class _Session(TypedDict):
    """What every `Session` has."""

    #: The session's id: ours, for ever.
    id: SessionId
    #: Its title; until one is given, the beginning of its first message.
    title: str
    #: What Claude may do in it.
    mode: Mode
    #: The folder Claude works in, absolute.
    cwd: str
    #: What it is doing.
    state: SessionState
    #: When it was made.
    createdAt: Timestamp
    #: When something last happened in it.
    lastActiveAt: Timestamp
    #: How many messages it has.
    messageCount: int
    #: The highest event number that has been given out.
    lastSeq: int
    #: Tokens used by all its turns.
    usage: Usage
    #: What all its turns cost, in US dollars.
    costUsd: float


class Session(_Session, total=False):
    """A conversation, with the process that serves it, if one does."""

    #: The study it is about.
    studyId: str
    #: The model that was asked for; absent: the CLI's default.
    model: str
    #: Why it failed, where `state` is `failed`.
    error: ErrorData
    #: The session that it was forked from; its messages until then come first in this one, too.
    forkedFrom: SessionId
    #: What Claude was told about its surroundings, once that is built.
    context: ContextInfo
    #: The process that serves it now.
    process: ProcessInfo
    #: The other bridge that runs it; from here its history can be read.
    heldBy: HeldBy
    #: Which credential pays, as the CLI names it.
    credential: str
    #: The CLI's own id of the conversation.
    providerSessionId: ProviderSessionId


class SessionCapabilitiesResult(TypedDict, total=False):
    """Result of `session/capabilities`: what the CLI said when it was started. All of it is absent while no process
    serves the session."""

    #: The CLI's version.
    cliVersion: str
    #: The models that `session/setModel` takes.
    models: list[ModelInfo]
    #: The commands that a message can be: `/NAME`.
    commands: list[CommandInfo]
    #: The agents that Claude can send.
    agents: list[AgentInfo]


class _SessionCompactParams(TypedDict):
    """What every `SessionCompactParams` has."""

    #: The session.
    sessionId: SessionId


class SessionCompactParams(_SessionCompactParams, total=False):
    """Parameters of `session/compact`."""

    #: The token for work-done progress.
    workDoneToken: ProgressToken
    #: The token under which the turn's events are streamed.
    partialResultToken: ProgressToken


class SessionCreateParams(TypedDict, total=False):
    """Parameters of `session/create`."""

    #: What Claude may do; default `user`.
    mode: Mode
    #: The study it is about, as `study/list` names it.
    studyId: str
    #: The folder Claude works in, absolute; default: the workspace folder, with the Atomizer profile its root.
    cwd: str
    #: A title.
    title: str
    #: The model, as the CLI names it; default: the CLI's.
    model: str
    #: How hard the model thinks, as the CLI names it: `low`, `medium`, `high`, …
    effort: str
    #: After how many requests to the model a turn is ended.
    maxTurns: int
    #: What the session may cost, in US dollars.
    maxBudgetUsd: float
    #: Go on with this session instead of making one.
    resumeSessionId: SessionId
    #: MCP servers for this session, beside the configured ones; one of the same name replaces it.
    mcpServers: dict[str, McpServer]


class _TurnStartedEvent(TypedDict):
    """What every `TurnStartedEvent` has."""

    kind: Literal["turnStarted"]
    #: Who began it.
    origin: TurnOrigin
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class TurnStartedEvent(_TurnStartedEvent, total=False):
    """A turn began."""

    #: The message that it answers; absent where nobody asked.
    messageId: MessageId
    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _TextDeltaEvent(TypedDict):
    """What every `TextDeltaEvent` has."""

    kind: Literal["textDelta"]
    #: The id of the message that will replace the deltas.
    itemId: MessageId
    #: Length in bytes of UTF-8 of the item's text before this.
    offset: int
    #: The text to append.
    text: str
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class TextDeltaEvent(_TextDeltaEvent, total=False):
    """More of a text that is being written."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _ThinkingDeltaEvent(TypedDict):
    """What every `ThinkingDeltaEvent` has."""

    kind: Literal["thinkingDelta"]
    #: The id of the message that will replace the deltas.
    itemId: MessageId
    #: Length in bytes of UTF-8 of the item's text before this.
    offset: int
    #: The text to append.
    text: str
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class ThinkingDeltaEvent(_ThinkingDeltaEvent, total=False):
    """More of a thought."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _MessageEvent(TypedDict):
    """What every `MessageEvent` has."""

    kind: Literal["message"]
    #: The message.
    message: Message
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class MessageEvent(_MessageEvent, total=False):
    """A message is complete; it replaces the deltas whose `itemId` is its id. Tool calls and their results have
    events of their own."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _ToolCallEvent(TypedDict):
    """What every `ToolCallEvent` has."""

    kind: Literal["toolCall"]
    #: The stored message that holds the call.
    messageId: MessageId
    #: The model's id of the call.
    toolUseId: str
    #: The tool's name.
    name: str
    #: What it does, in a few words: "Read src/main.rs".
    title: str
    #: The arguments.
    input: Any
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class ToolCallEvent(_ToolCallEvent, total=False):
    """Claude calls a tool."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _ToolResultEvent(TypedDict):
    """What every `ToolResultEvent` has."""

    kind: Literal["toolResult"]
    #: The stored message that holds the whole answer.
    messageId: MessageId
    #: The id of the call that it answers.
    toolUseId: str
    #: Whether the tool failed.
    isError: bool
    #: What it said: text, or the model's own content blocks.
    content: Any
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class ToolResultEvent(_ToolResultEvent, total=False):
    """A tool answered."""

    #: The same in the tool's own terms, where the CLI gives it: a patch, an exit code.
    structured: Any
    #: How many bytes of a long answer are left out here. `message/list` has all of it.
    truncatedBytes: int
    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _PermissionRequestedEvent(TypedDict):
    """What every `PermissionRequestedEvent` has."""

    kind: Literal["permissionRequested"]
    #: What is asked.
    permission: Permission
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class PermissionRequestedEvent(_PermissionRequestedEvent, total=False):
    """Claude needs the person: a permission waits for its answer."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _PermissionResolvedEvent(TypedDict):
    """What every `PermissionResolvedEvent` has."""

    kind: Literal["permissionResolved"]
    #: Which.
    permissionId: PermissionId
    #: What became of it.
    behavior: PermissionOutcome
    #: Who, or what, resolved it.
    by: PermissionResolver
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class PermissionResolvedEvent(_PermissionResolvedEvent, total=False):
    """A permission waits no more."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _StatusEvent(TypedDict):
    """What every `StatusEvent` has."""

    kind: Literal["status"]
    #: What.
    status: Status
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class StatusEvent(_StatusEvent, total=False):
    """What the session waits for."""

    #: More about it, for people.
    detail: str
    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _SessionChangedEvent(TypedDict):
    """What every `SessionChangedEvent` has."""

    kind: Literal["sessionChanged"]
    #: The session as it is now.
    session: Session
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class SessionChangedEvent(_SessionChangedEvent, total=False):
    """The session's own fields changed."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _McpStatusEvent(TypedDict):
    """What every `McpStatusEvent` has."""

    kind: Literal["mcpStatus"]
    #: All of them.
    servers: list[McpServerInfo]
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class McpStatusEvent(_McpStatusEvent, total=False):
    """How the session's MCP servers are now: when that has become known, or has changed."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _CompactedEvent(TypedDict):
    """What every `CompactedEvent` has."""

    kind: Literal["compacted"]
    #: Who wanted it, as the CLI names it: `manual` or `auto`.
    trigger: str
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class CompactedEvent(_CompactedEvent, total=False):
    """The conversation was summarised to make room."""

    #: How many tokens it had before.
    tokensBefore: int
    #: How many it has now.
    tokensAfter: int
    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _UsageEvent(TypedDict):
    """What every `UsageEvent` has."""

    kind: Literal["usage"]
    #: Tokens.
    usage: Usage
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class UsageEvent(_UsageEvent, total=False):
    """What the turn used, by its end."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _NoticeEvent(TypedDict):
    """What every `NoticeEvent` has."""

    kind: Literal["notice"]
    #: How serious it is.
    level: NoticeLevel
    #: What it is.
    text: str
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class NoticeEvent(_NoticeEvent, total=False):
    """Something a person should know."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _ErrorEvent(TypedDict):
    """What every `ErrorEvent` has."""

    kind: Literal["error"]
    #: What.
    error: ErrorData
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class ErrorEvent(_ErrorEvent, total=False):
    """Something went wrong."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _TurnCompletedEvent(TypedDict):
    """What every `TurnCompletedEvent` has."""

    kind: Literal["turnCompleted"]
    #: How, and what it came to.
    turn: Turn
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class TurnCompletedEvent(_TurnCompletedEvent, total=False):
    """A turn ended: always its last event."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class _UnknownEvent(TypedDict):
    """What every `UnknownEvent` has."""

    kind: Literal["unknown"]
    #: The frame's type, with its subtype where it has one: `system/task_started`.
    type: str
    #: The CLI's own JSON, untouched.
    frame: Any
    #: Its number in the session: rising, never reused. Of merged deltas, the last one's.
    seq: int
    #: The session.
    sessionId: SessionId
    #: When it happened.
    at: Timestamp


class UnknownEvent(_UnknownEvent, total=False):
    """A frame of the CLI's that this version does not know."""

    #: Of merged deltas, the first one's number.
    firstSeq: int
    #: The turn, where it belongs to one.
    turnId: TurnId
    #: The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    parentToolUseId: str


class SessionExportParams(TypedDict):
    """Parameters of `session/export`."""

    #: The session.
    sessionId: SessionId
    #: In what form.
    format: ExportFormat


class SessionExportResult(TypedDict):
    """Result of `session/export`."""

    #: The document.
    content: str
    #: Its media type.
    mediaType: str


class _SessionForkParams(TypedDict):
    """What every `SessionForkParams` has."""

    #: The session to go on from. It stays as it is, and may go on, too.
    sessionId: SessionId


class SessionForkParams(_SessionForkParams, total=False):
    """Parameters of `session/fork`."""

    #: The title of the new one, 1 to 200 characters; default: the same.
    title: str


class _SessionImportParams(TypedDict):
    """What every `SessionImportParams` has."""

    #: What `session/export` gave for the format `json`.
    content: str


class SessionImportParams(_SessionImportParams, total=False):
    """Parameters of `session/import`."""

    #: The folder that the session works in from now on, absolute; default: the one that it worked in, which has to
    #: be there.
    cwd: str
    #: What is done where the session is here already, and not the same; default `fail`.
    onConflict: ImportConflict
    #: Whether what the archive says of power mode, of permissions that were granted for longer than once, and of
    #: MCP servers, counts here. Only for archives of one's own.
    trust: bool


class _SessionImportResult(TypedDict):
    """What every `SessionImportResult` has."""

    #: The session as it is now.
    session: Session
    #: What was done.
    outcome: ImportOutcome


class SessionImportResult(_SessionImportResult, total=False):
    """Result of `session/import`."""

    #: What of the archive does not count here: `mode`, `grants`, `mcpServers.NAME`.
    leftOut: list[str]


class _SessionInterruptParams(TypedDict):
    """What every `SessionInterruptParams` has."""

    #: The session.
    sessionId: SessionId


class SessionInterruptParams(_SessionInterruptParams, total=False):
    """Parameters of `session/interrupt`."""

    #: Whether the messages that wait behind the turn go too.
    includeQueued: bool


class SessionInterruptResult(TypedDict):
    """Result of `session/interrupt`."""

    #: Whether there was anything to interrupt.
    interrupted: bool


class SessionListParams(TypedDict, total=False):
    """Parameters of `session/list`."""

    #: How many at most, 1 to 1000; default 100.
    limit: int
    #: Where the page before ended: its `nextCursor`.
    cursor: str
    #: Only those that are doing this.
    state: SessionState
    #: Only those that are about this study.
    studyId: str
    #: Only those whose title contains this, in any case.
    query: str


class _SessionListResult(TypedDict):
    """What every `SessionListResult` has."""

    #: The page, newest activity first.
    sessions: list[Session]


class SessionListResult(_SessionListResult, total=False):
    """Result of `session/list`."""

    #: Give it as `cursor` to get the next page; absent on the last one.
    nextCursor: str


class SessionParams(TypedDict):
    """Parameters of the methods that name a session and nothing else."""

    #: The session.
    sessionId: SessionId


class SessionRenameParams(TypedDict):
    """Parameters of `session/rename`."""

    #: The session.
    sessionId: SessionId
    #: Its new title, 1 to 200 characters.
    title: str


class SessionResult(TypedDict):
    """Result of the methods that answer with a session."""

    #: The session as it is now.
    session: Session


class SessionSetModeParams(TypedDict):
    """Parameters of `session/setMode`."""

    #: The session.
    sessionId: SessionId
    #: What Claude may do in it from now on.
    mode: Mode


class SessionSetModelParams(TypedDict):
    """Parameters of `session/setModel`."""

    #: The session.
    sessionId: SessionId
    #: The model, as `session/capabilities` names it; `default` for the CLI's own choice.
    model: str


class _SessionSetStudyParams(TypedDict):
    """What every `SessionSetStudyParams` has."""

    #: The session.
    sessionId: SessionId


class SessionSetStudyParams(_SessionSetStudyParams, total=False):
    """Parameters of `session/setStudy`."""

    #: The study it is about from now on, as `study/list` names it; absent: none.
    studyId: str


class _SessionSubscribeParams(TypedDict):
    """What every `SessionSubscribeParams` has."""

    #: The session.
    sessionId: SessionId
    #: The token under which events are streamed, until it is given to `session/unsubscribe`.
    subscriptionToken: ProgressToken


class SessionSubscribeParams(_SessionSubscribeParams, total=False):
    """Parameters of `session/subscribe`."""

    #: The number of the last event that the client has; absent: it wants all from the beginning. The `lastSeq` of a
    #: session asks for what is still to come.
    afterSeq: int


class _SessionSubscribeResult(TypedDict):
    """What every `SessionSubscribeResult` has."""

    #: The number of the last event there is by now: with it the replay ends. `afterSeq` where nothing came after
    #: it.
    lastSeq: int


class SessionSubscribeResult(_SessionSubscribeResult, total=False):
    """Result of `session/subscribe`. The events follow it."""

    #: Another bridge, which runs the session. What happens there is seen here a moment later, from the history.
    heldBy: HeldBy


class SessionUnsubscribeParams(TypedDict):
    """Parameters of `session/unsubscribe`."""

    #: The token of the subscription. Nothing comes under it after the answer.
    subscriptionToken: ProgressToken


class _Study(TypedDict):
    """What every `Study` has."""

    #: Its id: its path below the folder of all studies, with `/` between the names.
    id: str
    #: Its folder, absolute.
    path: str


class Study(_Study, total=False):
    """A study."""

    #: What says what is optimised, by its path in the folder; absent where there is none, as with those below.
    configuration: str
    #: Optuna's database.
    database: str
    #: What people say of it.
    readme: str
    #: What came of it.
    report: str


class StudyContext(TypedDict):
    """What Claude is told."""

    #: The text.
    text: str
    #: SHA-256 of the text, in hexadecimal.
    hash: str
    #: Length of the text in bytes.
    bytes: int


class StudyGetParams(TypedDict):
    """Parameters of `study/get`."""

    #: The study.
    studyId: str


class StudyGetResult(TypedDict):
    """Result of `study/get`."""

    #: The study.
    study: Study
    #: What Claude would be told in a session about it that was made now, in user mode.
    context: StudyContext


class StudyListResult(TypedDict):
    """Result of `study/list`."""

    #: All studies, sorted by id; none where the profile knows of none.
    studies: list[Study]


class _ToolCallParams(TypedDict):
    """What every `ToolCallParams` has."""

    #: The session in which Claude calls it.
    sessionId: SessionId
    #: The tool's name, as it was declared.
    name: str
    #: The arguments, which are as the tool's schema wants them.
    arguments: dict[str, Any]


class ToolCallParams(_ToolCallParams, total=False):
    """Parameters of `tool/call`."""

    #: The model's id of the call, under which events speak of it.
    toolUseId: str


class _ToolCallResult(TypedDict):
    """What every `ToolCallResult` has."""

    #: What the model is told.
    content: list[ToolContent]


class ToolCallResult(_ToolCallResult, total=False):
    """Result of `tool/call`."""

    #: Whether it failed; `content` then says why.
    isError: bool


class _ToolCallSummary(TypedDict):
    """What every `ToolCallSummary` has."""

    #: The model's id of the call.
    toolUseId: str
    #: The tool's name.
    name: str


class ToolCallSummary(_ToolCallSummary, total=False):
    """A tool that was called in a turn."""

    #: Whether it failed; absent while, or if, it never answered.
    isError: bool


class TextContent(TypedDict):
    """Text."""

    type: Literal["text"]
    #: The text.
    text: str


class ImageContent(TypedDict):
    """A picture."""

    type: Literal["image"]
    #: `image/png`, `image/jpeg`, …
    mediaType: str
    #: The picture, in base64.
    data: str


class _ToolDefinition(TypedDict):
    """What every `ToolDefinition` has."""

    #: Its name: 1 to 50 letters, digits, `_` and `-`.
    name: str
    #: What it does, for the model.
    description: str
    #: The JSON Schema of its arguments: of an object, with neither `oneOf`, `anyOf` nor `allOf` at the top, which
    #: the API does not take there. What Claude calls it with is checked against it.
    inputSchema: dict[str, Any]


class ToolDefinition(_ToolDefinition, total=False):
    """A tool that a client has. Claude knows it as `mcp__editor__NAME`."""

    #: Whether the person is asked before it is called.
    requiresApproval: bool
    #: What MCP calls annotations, passed on as they are. With `readOnlyHint` Claude may call it beside other tools,
    #: and while it plans.
    annotations: dict[str, Any]


class _Turn(TypedDict):
    """What every `Turn` has."""

    #: The turn's id, the same as in its events.
    id: TurnId
    #: The session it belongs to.
    sessionId: SessionId
    #: Why it ended.
    stopReason: StopReason
    #: The last text that Claude wrote in it; of a turn that was cut short, what had arrived.
    text: str
    #: The tools Claude called, in order.
    toolCalls: list[ToolCallSummary]
    #: Tokens used in this turn.
    usage: Usage
    #: What this turn cost, in US dollars, by the CLI's own account.
    costUsd: float
    #: From the message being given to the CLI to the end, in milliseconds.
    durationMs: int


class Turn(_Turn, total=False):
    """How a turn ended, and what it came to."""

    #: From the message being given to the CLI to the first text, in milliseconds.
    firstTextMs: int
    #: What went wrong, where `stopReason` is `failed`.
    error: ErrorData


class Usage(TypedDict):
    """What a turn, or all turns of a session, used."""

    #: Tokens sent to the model that were not in its cache.
    inputTokens: int
    #: Tokens the model wrote.
    outputTokens: int
    #: Tokens read from the prompt cache.
    cacheReadTokens: int
    #: Tokens written to the prompt cache.
    cacheWriteTokens: int


class UsageRow(TypedDict):
    """What a group of turns used."""

    #: The session's id, the study's (empty: sessions that are about none), the model's name, or the day, as
    #: `2026-11-22`.
    key: str
    #: How many turns, those that run included.
    turns: int
    #: Tokens sent to the model that were not in its cache.
    inputTokens: int
    #: Tokens the model wrote.
    outputTokens: int
    #: Tokens read from the prompt cache.
    cacheReadTokens: int
    #: Tokens written to the prompt cache.
    cacheWriteTokens: int
    #: What they cost, in US dollars.
    costUsd: float


class _UsageSummaryParams(TypedDict):
    """What every `UsageSummaryParams` has."""

    #: By what the turns are grouped.
    groupBy: UsageGroup


class UsageSummaryParams(_UsageSummaryParams, total=False):
    """Parameters of `usage/summary`."""

    #: Only turns that began then or later.
    since: Timestamp
    #: Only turns that began before then.
    until: Timestamp


class UsageSummaryResult(TypedDict):
    """Result of `usage/summary`."""

    #: What each group used.
    rows: list[UsageRow]



#: A part of a message.
ContentBlock: TypeAlias = (
    TextBlock
    | ImageBlock
    | FileBlock
    | ThinkingBlock
    | ToolUseBlock
    | ToolResultBlock
)

#: What a client sends: text, or blocks of `text`, `image` and `file`.
Content: TypeAlias = str | list[ContentBlock]

#: An MCP server that Claude can use.
McpServer: TypeAlias = UrlMcpServer | CommandMcpServer

#: One event of a session.
SessionEvent: TypeAlias = (
    TurnStartedEvent
    | TextDeltaEvent
    | ThinkingDeltaEvent
    | MessageEvent
    | ToolCallEvent
    | ToolResultEvent
    | PermissionRequestedEvent
    | PermissionResolvedEvent
    | StatusEvent
    | SessionChangedEvent
    | McpStatusEvent
    | CompactedEvent
    | UsageEvent
    | NoticeEvent
    | ErrorEvent
    | TurnCompletedEvent
    | UnknownEvent
)

#: A part of what a tool answers.
ToolContent: TypeAlias = TextContent | ImageContent
