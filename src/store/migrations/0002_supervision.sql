-- Which bridge runs a session: one at most. A bridge that died leaves its leases behind; who finds it dead may take
-- them over.
CREATE TABLE leases (
    session_id BLOB PRIMARY KEY NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    bridge_id  BLOB NOT NULL CHECK (length(bridge_id) = 16),
    pid        INTEGER NOT NULL,
    host       TEXT NOT NULL,
    client     TEXT,
    taken_at   INTEGER NOT NULL
) STRICT;

-- All leases of a bridge that went.
CREATE INDEX leases_by_bridge ON leases (bridge_id);

-- The CLI's own transcript of each conversation, for the day on which the CLI has lost it: the lines that were added
-- to `file`, as they came, compressed (zstd).
CREATE TABLE transcripts (
    session_id          BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    number              INTEGER NOT NULL,
    provider_session_id BLOB NOT NULL CHECK (length(provider_session_id) = 16),
    file                TEXT NOT NULL,
    entries             BLOB NOT NULL,
    PRIMARY KEY (session_id, number)
) STRICT;
