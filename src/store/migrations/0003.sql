-- What was changed, by whom and when: rows are only added, and in the transaction of the change. mac is over all that
-- is before it; seq and chain are given later, when a row is sealed behind the one before it.
CREATE TABLE audit (
  id TEXT NOT NULL PRIMARY KEY,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  request TEXT NOT NULL,
  action TEXT NOT NULL,
  kind TEXT NOT NULL,
  resource TEXT NOT NULL,
  owner TEXT,
  values_mac {bytes},
  mac {bytes} NOT NULL,
  seq {int},
  chain {bytes}
) {keyed};
CREATE UNIQUE INDEX audit_seq ON audit (seq) WHERE seq IS NOT NULL;
CREATE INDEX audit_unsealed ON audit (id) WHERE seq IS NULL;
CREATE INDEX audit_resource ON audit (resource, id);

-- The values before and after, apart so that they can be forgotten and the chain still holds. values_mac is over json.
CREATE TABLE audit_value (
  audit TEXT NOT NULL PRIMARY KEY REFERENCES audit (id),
  json TEXT NOT NULL
) {keyed};

-- How far the chain has come, in one row, with a mac of its own: an end that was cut off does not go unseen.
CREATE TABLE audit_head (
  one {int} NOT NULL PRIMARY KEY CHECK (one = 1),
  seq {int} NOT NULL,
  chain {bytes} NOT NULL,
  mac {bytes} NOT NULL
) {strict};

-- Which process does a job that only one may do, and until when it has it.
CREATE TABLE lease (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  until TEXT NOT NULL
) {keyed};

-- SCIM requests. nature: 0 a change, 1 a refusal, 2 a read. connection '' is nobody. The lists are JSON arrays of
-- names. operation is the position in a Bulk request. The index of the primary key is narrow, so that the rows can be
-- counted.
CREATE TABLE provisioning_log (
  id TEXT NOT NULL PRIMARY KEY,
  at TEXT NOT NULL,
  nature {int} NOT NULL CHECK (nature BETWEEN 0 AND 2),
  connection TEXT NOT NULL,
  request TEXT NOT NULL,
  method TEXT NOT NULL,
  route TEXT NOT NULL,
  operation {int},
  resource TEXT,
  status {int} NOT NULL,
  scim_type TEXT,
  detail TEXT,
  micros {int} NOT NULL,
  fields TEXT,
  corrected TEXT,
  dropped TEXT
) {strict};
CREATE INDEX provisioning_connection ON provisioning_log (connection, id);
CREATE INDEX provisioning_reads ON provisioning_log (connection, id) WHERE nature = 2;
CREATE INDEX provisioning_resource ON provisioning_log (resource, id) WHERE resource IS NOT NULL;

-- How many reads there were, of which the log keeps the last ones.
CREATE TABLE provisioning_read (
  connection TEXT NOT NULL PRIMARY KEY,
  number {int} NOT NULL
) {keyed};
