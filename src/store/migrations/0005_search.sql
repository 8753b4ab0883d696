-- The full-text index of messages, by messages.number. Words are cut and folded by store/search/words.rs, so that what
-- is indexed, what is looked for and what is highlighted are the same; to FTS5 they are plain tokens between spaces.
-- Without the text itself ("contentless"): whoever deletes a message takes its words out. Whoever changes how words
-- are cut empties the index and gives the backlog below, in a migration of its own.
--   scope  the session and the role, as one word each, which narrows a search within the index
--   said   what was said, files that were attached included
--   tools  the input of a tool, or what it answered
-- The index of first characters (prefix) is for words of one character in scripts that have no spaces.
CREATE VIRTUAL TABLE search USING fts5 (
    scope, said, tools, content = '', columnsize = 0, prefix = '1', tokenize = 'ascii'
);

-- What is deleted leaves nothing behind in the index.
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);

-- Messages below this number are still to be indexed, from the newest down; those from it on are indexed as they are
-- written.
CREATE TABLE search_backlog (
    below INTEGER NOT NULL
) STRICT;

INSERT INTO search_backlog (below) SELECT coalesce(max(number), 0) + 1 FROM messages;

-- Which numbers the indexed messages of a day have, at least: bounds for a search by time. Days are counted from the
-- Unix epoch.
CREATE TABLE search_days (
    day   INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL
) STRICT;

-- What was used, by the time at which the turn began: all that a summary reads.
CREATE INDEX turns_by_start ON turns (
    started_at, session_id, id, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd
);
