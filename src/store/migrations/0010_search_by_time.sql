-- Where a message is in the index of searches, whose order is that of time, whenever it came into the history: a number
-- made of its time, or the next one that is free (store/search/position.rs). NULL: it has none yet, or there is nothing to
-- find in it.
ALTER TABLE messages ADD COLUMN position INTEGER;

CREATE UNIQUE INDEX messages_by_position ON messages (position) WHERE position IS NOT NULL;

-- The index was by messages.number: it is made anew, from the newest down. Days have the positions of their messages now.
INSERT INTO search (search) VALUES ('delete-all');
DELETE FROM search_days;
UPDATE search_backlog SET below = (SELECT coalesce(max(number), 0) + 1 FROM messages);
