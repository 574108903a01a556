-- locked = 1: an administrator shut the account, whatever the document says of `active`. deleted: since when it is.
ALTER TABLE resource ADD COLUMN locked {int} NOT NULL DEFAULT 0 CHECK (locked BETWEEN 0 AND 1);
ALTER TABLE resource ADD COLUMN deleted TEXT;
UPDATE resource SET deleted = modified WHERE state = 2;
CREATE INDEX resource_deleted ON resource (kind, deleted, id) WHERE state = 2;

-- The unique keys and index rows that a deleted account had: it is found by them, and they hold nothing.
CREATE TABLE former_key (
  resource TEXT NOT NULL REFERENCES resource (id),
  path TEXT NOT NULL,
  folded TEXT NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (resource, path, folded)
) {keyed};
CREATE INDEX former_key_value ON former_key (kind, path, folded, resource);

-- Roles given by hand, by whom and when. They stay while the account is shut or deleted, and give nothing then.
CREATE TABLE role_grant (
  resource TEXT NOT NULL REFERENCES resource (id),
  role TEXT NOT NULL,
  given_by TEXT NOT NULL,
  given TEXT NOT NULL,
  PRIMARY KEY (resource, role)
) {keyed};
CREATE INDEX role_grant_role ON role_grant (role, resource);

-- A name in roles.admin_groups, folded and as it is in the settings, and the first group it matched.
CREATE TABLE group_pin (
  name TEXT NOT NULL PRIMARY KEY,
  said TEXT NOT NULL,
  group_id TEXT NOT NULL REFERENCES resource (id),
  pinned TEXT NOT NULL
) {keyed};
CREATE INDEX group_pin_group ON group_pin (group_id, name);

-- Who must not be purged, and why.
CREATE TABLE legal_hold (
  resource TEXT NOT NULL PRIMARY KEY REFERENCES resource (id),
  reason TEXT NOT NULL,
  held_by TEXT NOT NULL,
  held TEXT NOT NULL
) {strict};

-- When a person was last seen.
CREATE TABLE activity (
  resource TEXT NOT NULL PRIMARY KEY REFERENCES resource (id),
  seen TEXT NOT NULL
) {keyed};
CREATE INDEX activity_seen ON activity (seen, resource);

-- Background work that one process at a time does: who does it, until when that holds, and when it last ended.
CREATE TABLE job (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT,
  until TEXT,
  ended TEXT
) {keyed};

-- Rows that a rule over several rows locks, so that two changes which it allows one by one do not meet.
CREATE TABLE named_lock (
  name TEXT NOT NULL PRIMARY KEY
) {keyed};
INSERT INTO named_lock (name) VALUES ('administrators');
