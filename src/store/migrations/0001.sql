-- A resource without its document, so that lists and counts read small rows.
-- state: 0 active, 1 deactivated, 2 deleted. external_id is the index key of externalId; display is displayName as sent.
CREATE TABLE resource (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  owner TEXT,
  external_id TEXT,
  display TEXT,
  state {int} NOT NULL CHECK (state BETWEEN 0 AND 2),
  version {int} NOT NULL,
  created TEXT NOT NULL,
  modified TEXT NOT NULL
) {keyed};

-- Pages in three orders. State and owner are in them so that what a page skips is read from the index alone.
CREATE INDEX resource_live ON resource (kind, id, state, owner) WHERE state < 2;
CREATE INDEX resource_created ON resource (kind, created, id, state, owner) WHERE state < 2;
CREATE INDEX resource_modified ON resource (kind, modified, id, state, owner) WHERE state < 2;
CREATE INDEX resource_external ON resource (kind, external_id, id) WHERE external_id IS NOT NULL;

-- The document and the SHA-256 of id, line feed and document.
CREATE TABLE body (
  resource TEXT NOT NULL PRIMARY KEY REFERENCES resource (id),
  json TEXT NOT NULL,
  hash {bytes} NOT NULL
) {strict};

-- What no two live resources of a kind share. Freed by deletion.
CREATE TABLE unique_key (
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  folded TEXT NOT NULL,
  resource TEXT NOT NULL REFERENCES resource (id),
  PRIMARY KEY (kind, path, folded)
) {keyed};
CREATE INDEX unique_key_resource ON unique_key (resource, path);

-- Values that filters and sorting find without documents. Ordinal 0 is the value that sorts.
CREATE TABLE attribute (
  resource TEXT NOT NULL REFERENCES resource (id),
  path TEXT NOT NULL,
  ordinal {int} NOT NULL,
  kind TEXT NOT NULL,
  folded TEXT NOT NULL,
  PRIMARY KEY (resource, path, ordinal)
) {keyed};
CREATE INDEX attribute_value ON attribute (kind, path, folded, resource);

-- One row a member. resolved is the kind of the resource that member_id was when it was added, NULL if it
-- was none. hidden = 1 while that resource is deleted. folded is set where a filter must find other than member_id.
CREATE TABLE member (
  group_id TEXT NOT NULL REFERENCES resource (id),
  member_id TEXT NOT NULL,
  display TEXT,
  type TEXT,
  resolved TEXT,
  folded TEXT,
  hidden {int} NOT NULL CHECK (hidden BETWEEN 0 AND 1),
  PRIMARY KEY (group_id, member_id)
) {keyed};
CREATE INDEX member_of ON member (member_id, group_id);
CREATE INDEX member_folded ON member (folded, group_id) WHERE folded IS NOT NULL;

-- How many resources there are: the sum over the slots, which writers choose so as not to meet. owner '' is nobody.
CREATE TABLE counter (
  kind TEXT NOT NULL,
  owner TEXT NOT NULL,
  state {int} NOT NULL,
  slot {int} NOT NULL,
  number {int} NOT NULL,
  PRIMARY KEY (kind, owner, state, slot)
) {keyed};

CREATE TABLE connection (
  name TEXT NOT NULL PRIMARY KEY,
  profile TEXT,
  scopes TEXT NOT NULL,
  created TEXT NOT NULL
) {strict};

-- hash is of the secret part; the secret itself is nowhere.
CREATE TABLE token (
  id TEXT NOT NULL PRIMARY KEY,
  connection TEXT NOT NULL REFERENCES connection (name),
  hash {bytes} NOT NULL,
  created TEXT NOT NULL,
  expires TEXT NOT NULL,
  revoked TEXT,
  used TEXT
) {strict};
CREATE INDEX token_connection ON token (connection, id);
