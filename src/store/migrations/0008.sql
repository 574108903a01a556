-- The record that an identity of a source was linked to. It stays while the record is shut or deleted; shut: since when it is.
CREATE TABLE link (
  source TEXT NOT NULL,
  subject TEXT NOT NULL,
  resource TEXT NOT NULL REFERENCES resource (id),
  linked TEXT NOT NULL,
  shut TEXT,
  PRIMARY KEY (source, subject)
) {keyed};
CREATE INDEX link_resource ON link (resource, source);

-- An identity that an administrator let through to a record where the rules would refuse it.
CREATE TABLE link_pass (
  source TEXT NOT NULL,
  subject TEXT NOT NULL,
  resource TEXT NOT NULL REFERENCES resource (id),
  PRIMARY KEY (source, subject, resource)
) {keyed};
CREATE INDEX link_pass_resource ON link_pass (resource);

-- What the last login of a person brought, until the next one: groups as a JSON array of names, and since when it makes them
-- an administrator.
CREATE TABLE login_state (
  resource TEXT NOT NULL PRIMARY KEY REFERENCES resource (id),
  source TEXT NOT NULL,
  brought TEXT NOT NULL,
  admin TEXT
) {strict};
CREATE INDEX login_state_admin ON login_state (resource) WHERE admin IS NOT NULL;

-- hash is of the cookie, which is nowhere. issuer, name_id, session_index and logout (JSON) are what single logout needs.
CREATE TABLE session (
  hash {bytes} NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  resource TEXT NOT NULL REFERENCES resource (id),
  created TEXT NOT NULL,
  seen TEXT NOT NULL,
  expires TEXT NOT NULL,
  method TEXT NOT NULL,
  address TEXT,
  agent TEXT,
  issuer TEXT,
  name_id TEXT,
  session_index TEXT,
  logout TEXT
) {keyed};
CREATE UNIQUE INDEX session_id ON session (id);
CREATE INDEX session_resource ON session (resource, id);
CREATE INDEX session_expires ON session (expires);
CREATE INDEX session_name ON session (issuer, name_id) WHERE name_id IS NOT NULL;

-- The last logins that were refused, with their steps as JSON. reference is the number that the person was told.
CREATE TABLE failed_login (
  id TEXT NOT NULL PRIMARY KEY,
  reference TEXT NOT NULL,
  at TEXT NOT NULL,
  method TEXT NOT NULL,
  code TEXT NOT NULL,
  resource TEXT,
  address TEXT,
  trail TEXT NOT NULL
) {strict};
CREATE INDEX failed_login_reference ON failed_login (reference);
CREATE INDEX failed_login_resource ON failed_login (resource) WHERE resource IS NOT NULL;

-- From where people have logged in: mac stands for a name and an address, and tells neither.
CREATE TABLE login_place (
  resource TEXT NOT NULL REFERENCES resource (id),
  mac {bytes} NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (resource, mac)
) {keyed};
CREATE INDEX login_place_mac ON login_place (mac);

-- Keys that sign JWTs for applications: one for each period, of those whose secret (sealer) opens it. public is the JWK.
CREATE TABLE signing_key (
  kid TEXT NOT NULL PRIMARY KEY,
  sealer TEXT NOT NULL,
  period {int} NOT NULL,
  public TEXT NOT NULL,
  sealed {bytes} NOT NULL,
  UNIQUE (sealer, period)
) {strict};
