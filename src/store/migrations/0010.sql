-- Decisions that wait for an administrator, and those that were made and still hold. resource: the record it is about; other: that
-- of a possible double. data: what else the kind has, as JSON.
CREATE TABLE inbox (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('adoption', 'double', 'link')),
  connection TEXT,
  resource TEXT NOT NULL REFERENCES resource (id),
  other TEXT REFERENCES resource (id),
  data TEXT,
  asked TEXT NOT NULL,
  decision TEXT CHECK (decision IN ('allowed', 'refused')),
  decided TEXT,
  decided_by TEXT
) {strict};
CREATE INDEX inbox_asked ON inbox (asked, id);
CREATE INDEX inbox_resource ON inbox (resource, kind, id);
CREATE INDEX inbox_other ON inbox (other, kind, id) WHERE other IS NOT NULL;

-- A connection whose records are on their way to another one, so that an interrupted move is known and finished.
CREATE TABLE transfer (
  connection TEXT NOT NULL PRIMARY KEY,
  target TEXT NOT NULL
) {keyed};

-- Members whom the owner of the group does not see stand for nobody.
UPDATE member SET resolved = NULL WHERE resolved IS NOT NULL AND EXISTS
  (SELECT 1 FROM resource g, resource r WHERE g.id = member.group_id AND r.id = member.member_id AND g.owner <> r.owner);
