-- What the person was asked, and what became of it. One that is open names a question of a process, and goes with it:
-- if its bridge died, whoever runs the session next resolves it.
CREATE TABLE permissions (
    id          BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    session_id  BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    turn_id     BLOB NOT NULL,
    body        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    resolved_at INTEGER,
    outcome     TEXT,
    resolved_by TEXT,
    CHECK ((resolved_at IS NULL) = (outcome IS NULL) AND (outcome IS NULL) = (resolved_by IS NULL))
) STRICT;

-- The permissions of a session, the open ones together and in their order.
CREATE INDEX permissions_by_session ON permissions (session_id, resolved_at, id);

-- What the person has allowed from then on, in one session or in all that work in a folder: a change of permissions in
-- the CLI's own form, which it is given back at each start.
CREATE TABLE grants (
    number     INTEGER PRIMARY KEY,
    session_id BLOB REFERENCES sessions (id) ON DELETE CASCADE,
    project    TEXT,
    body       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CHECK ((session_id IS NULL) <> (project IS NULL))
) STRICT;

CREATE UNIQUE INDEX grants_by_session ON grants (session_id, body) WHERE session_id IS NOT NULL;
CREATE UNIQUE INDEX grants_by_project ON grants (project, body) WHERE project IS NOT NULL;
