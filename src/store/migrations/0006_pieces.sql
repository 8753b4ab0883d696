-- Of merged deltas, how much of their text each of them brought, so that whoever has some of them can be given the rest.
-- NULL in rows from before, which are given as a whole.
ALTER TABLE events ADD COLUMN pieces BLOB;
