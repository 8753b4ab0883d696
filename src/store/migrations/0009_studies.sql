-- The study that a session is about, the one that its context tells of, and the one that Claude was last told of; NULL:
-- none.
ALTER TABLE sessions ADD COLUMN study_id TEXT;
ALTER TABLE sessions ADD COLUMN context_study_id TEXT;
ALTER TABLE sessions ADD COLUMN told_study_id TEXT;

-- Pages of a study's sessions, newest activity first.
CREATE INDEX sessions_by_study ON sessions (study_id, last_active_at, id) WHERE study_id IS NOT NULL;
