-- Which attributes have rows in which of the two tables of keys, and how these keys are made: what differs
-- from what the schemas say now is rebuilt at start.
CREATE TABLE key_form (
  kind TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('attribute', 'unique_key')),
  path TEXT NOT NULL,
  form TEXT NOT NULL,
  PRIMARY KEY (kind, source, path)
) {keyed};
