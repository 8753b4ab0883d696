-- The mode that Claude was last told of, which can be another than the session's until the next message; NULL in rows
-- from before: the same.
ALTER TABLE sessions ADD COLUMN told_mode TEXT;
