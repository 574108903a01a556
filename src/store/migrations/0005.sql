-- Which assertions of an identity provider are credentials of a connection, and where the keys are that sign them.
CREATE TABLE federation (
  connection TEXT NOT NULL PRIMARY KEY REFERENCES connection (name),
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  audience TEXT NOT NULL,
  tenant TEXT,
  keys TEXT NOT NULL,
  created TEXT NOT NULL
) {strict};
CREATE UNIQUE INDEX federation_subject ON federation (issuer, subject, audience);

-- Access tokens of /oauth/token. credential is what was shown for it: the id of a token, or how a credential is named
-- that has no row; the access token is good as long as that is.
CREATE TABLE oauth_token (
  id TEXT NOT NULL PRIMARY KEY,
  connection TEXT NOT NULL,
  hash {bytes} NOT NULL,
  credential TEXT NOT NULL,
  expires TEXT NOT NULL
) {strict};
CREATE INDEX oauth_token_expires ON oauth_token (expires);
CREATE INDEX oauth_token_connection ON oauth_token (connection);
