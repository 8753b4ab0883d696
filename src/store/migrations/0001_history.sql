-- Ids are UUIDs of 16 bytes; times are milliseconds since the Unix epoch; numbers of events (seq) count per session.

-- What Claude was told about its surroundings, once per distinct text.
CREATE TABLE contexts (
    hash TEXT PRIMARY KEY NOT NULL,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
    id                  BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    title               TEXT NOT NULL,
    mode                TEXT NOT NULL,
    cwd                 TEXT NOT NULL,
    model               TEXT,
    effort              TEXT,
    max_turns           INTEGER,
    max_budget_usd      REAL,
    mcp_servers         TEXT,
    state               TEXT NOT NULL,
    error               TEXT,
    created_at          INTEGER NOT NULL,
    last_active_at      INTEGER NOT NULL,
    message_count       INTEGER NOT NULL,
    reserved_seq        INTEGER NOT NULL,
    provider_session_id BLOB,
    provider_started    INTEGER NOT NULL,
    context_hash        TEXT REFERENCES contexts (hash),
    context_bytes       INTEGER NOT NULL,
    credential          TEXT,
    input_tokens        INTEGER NOT NULL,
    output_tokens       INTEGER NOT NULL,
    cache_read_tokens   INTEGER NOT NULL,
    cache_write_tokens  INTEGER NOT NULL,
    cost_usd            REAL NOT NULL
) STRICT;

-- Pages of sessions, newest activity first.
CREATE INDEX sessions_by_activity ON sessions (last_active_at, id);
-- Whether a context is still referred to.
CREATE INDEX sessions_by_context ON sessions (context_hash) WHERE context_hash IS NOT NULL;

CREATE TABLE turns (
    id                 BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    session_id         BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    message_id         BLOB,
    origin             TEXT NOT NULL,
    started_at         INTEGER NOT NULL,
    ended_at           INTEGER,
    stop_reason        TEXT,
    text               TEXT NOT NULL,
    tool_calls         TEXT NOT NULL,
    input_tokens       INTEGER NOT NULL,
    output_tokens      INTEGER NOT NULL,
    cache_read_tokens  INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cost_usd           REAL NOT NULL,
    duration_ms        INTEGER NOT NULL,
    first_text_ms      INTEGER,
    error              TEXT
) STRICT;

-- The turns of a session, those without an end together and in their order.
CREATE INDEX turns_by_session ON turns (session_id, ended_at, started_at, id);

CREATE TABLE turn_usage (
    turn_id            BLOB NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
    model              TEXT NOT NULL,
    input_tokens       INTEGER NOT NULL,
    output_tokens      INTEGER NOT NULL,
    cache_read_tokens  INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cost_usd           REAL NOT NULL,
    PRIMARY KEY (turn_id, model)
) STRICT, WITHOUT ROWID;

-- `number` is what events, and later the full-text index, refer to.
CREATE TABLE messages (
    number             INTEGER PRIMARY KEY,
    id                 BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    session_id         BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    turn_id            BLOB NOT NULL,
    seq                INTEGER NOT NULL,
    role               TEXT NOT NULL,
    content            TEXT NOT NULL,
    created_at         INTEGER NOT NULL,
    parent_tool_use_id TEXT,
    UNIQUE (session_id, seq)
) STRICT;

-- An event either has a body of its own or announces a message, whose content is stored with the message alone. That
-- reference is no foreign key: the check would need an index of its own on the busiest table, and both rows are
-- written together and go together, with their session.
CREATE TABLE events (
    session_id         BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    seq                INTEGER NOT NULL,
    first_seq          INTEGER,
    turn_id            BLOB,
    at                 INTEGER NOT NULL,
    parent_tool_use_id TEXT,
    kind               TEXT,
    body               TEXT,
    message            INTEGER,
    PRIMARY KEY (session_id, seq),
    CHECK ((message IS NULL) = (body IS NOT NULL) AND (kind IS NULL) = (body IS NULL))
) STRICT, WITHOUT ROWID;
