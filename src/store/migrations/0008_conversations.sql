-- Which session goes on with a conversation of the CLI's, so that none is in two sessions.
CREATE INDEX sessions_by_conversation ON sessions (provider_session_id) WHERE provider_session_id IS NOT NULL;
CREATE INDEX transcripts_by_conversation ON transcripts (provider_session_id, session_id);

-- The transcripts of the CLI's that sessions were made of, and how much of each was taken: a session that has gone on
-- here since (its reserved_seq is another) is left alone.
CREATE TABLE imports (
    session_id   BLOB PRIMARY KEY NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    fingerprint  TEXT NOT NULL,
    reserved_seq INTEGER NOT NULL
) STRICT;

-- The conversations of sessions that were deleted, by their ids alone: what is deleted does not come back by itself
-- when the CLI's transcripts are looked through.
CREATE TABLE deleted_conversations (
    provider_session_id BLOB PRIMARY KEY NOT NULL CHECK (length(provider_session_id) = 16)
) STRICT, WITHOUT ROWID;
