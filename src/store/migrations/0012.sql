-- The records of a connection, in the order in which they are handed over to another one.
CREATE INDEX resource_owner ON resource (owner, id) WHERE owner IS NOT NULL;
