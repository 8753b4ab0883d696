-- A session that goes on from another one: from which, and from which of the CLI's conversations.
ALTER TABLE sessions ADD COLUMN forked_from BLOB;
ALTER TABLE sessions ADD COLUMN forked_conversation BLOB;

-- Of a message that such a session took along: the one that it is a copy of. While that is there, a search of all
-- sessions finds it alone.
ALTER TABLE messages ADD COLUMN copy_of BLOB;
