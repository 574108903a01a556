-- Requests to log in that wait for their answer, ten minutes at most. browser is the hash of the cookie that the browser got, relay
-- the handle that must come back with the answer for it to lead to path.
CREATE TABLE saml_request (
  id TEXT NOT NULL PRIMARY KEY,
  browser {bytes} NOT NULL,
  relay TEXT NOT NULL,
  path TEXT,
  expires TEXT NOT NULL
) {strict};
CREATE INDEX saml_request_expires ON saml_request (expires);

-- Assertions and logout requests that were used, until their time would have run out anyway.
CREATE TABLE saml_replay (
  issuer TEXT NOT NULL,
  id TEXT NOT NULL,
  expires TEXT NOT NULL,
  PRIMARY KEY (issuer, id)
) {keyed};
CREATE INDEX saml_replay_expires ON saml_replay (expires);

-- The last good metadata of the identity provider, by the place that it was read from. alarm: why what stands there now is not taken.
CREATE TABLE metadata (
  source TEXT NOT NULL PRIMARY KEY,
  entity_id TEXT NOT NULL,
  document TEXT NOT NULL,
  hash TEXT NOT NULL,
  read TEXT NOT NULL,
  alarm TEXT
) {strict};
