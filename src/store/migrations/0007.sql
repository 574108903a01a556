-- The local password of a person, as a PHC string.
CREATE TABLE password (
  resource TEXT NOT NULL PRIMARY KEY REFERENCES resource (id),
  phc TEXT NOT NULL,
  changed TEXT NOT NULL
) {strict};

-- Links with which a person sets a password, once: a link that was used is gone. hash is of the secret in the URL.
CREATE TABLE password_link (
  hash {bytes} NOT NULL PRIMARY KEY,
  resource TEXT NOT NULL REFERENCES resource (id),
  purpose TEXT NOT NULL CHECK (purpose IN ('invitation', 'reset')),
  expires TEXT NOT NULL
) {keyed};
CREATE INDEX password_link_resource ON password_link (resource);

-- The code with which the first administrator is made. The one row is gone as soon as there has been an administrator.
CREATE TABLE launchpad_code (
  one {int} NOT NULL PRIMARY KEY CHECK (one = 1),
  hash {bytes} NOT NULL,
  expires TEXT NOT NULL
) {strict};

-- Tokens with which a person lets programs speak for them. hash is of the whole token; the token itself is nowhere.
CREATE TABLE personal_token (
  id TEXT NOT NULL PRIMARY KEY,
  resource TEXT NOT NULL REFERENCES resource (id),
  hash {bytes} NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created TEXT NOT NULL,
  expires TEXT NOT NULL,
  used TEXT
) {strict};
CREATE INDEX personal_token_resource ON personal_token (resource, id);

-- Addresses, folded, that people gave themselves: nobody vouches for them.
CREATE TABLE own_address (
  resource TEXT NOT NULL REFERENCES resource (id),
  folded TEXT NOT NULL,
  PRIMARY KEY (resource, folded)
) {keyed};

-- Records that were made for somebody who has not logged in yet: the first login may take them over, although they are
-- an administrator's.
CREATE TABLE awaited (
  resource TEXT NOT NULL PRIMARY KEY REFERENCES resource (id)
) {keyed};
