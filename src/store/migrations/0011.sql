-- A document is found by its place, which its resource has: one page less to read than by the id, which among a million
-- are the pages that are in no cache. The document is written first, as it draws the place. The table has another name than
-- before: an older program that still runs must fail, and not write documents whose place nobody knows.
CREATE TABLE document (
  place {auto},
  resource TEXT NOT NULL UNIQUE REFERENCES resource (id) DEFERRABLE INITIALLY DEFERRED,
  json TEXT NOT NULL,
  hash {bytes} NOT NULL
) {strict};
INSERT INTO document (resource, json, hash) SELECT resource, json, hash FROM body ORDER BY resource;
DROP TABLE body;
ALTER TABLE resource ADD COLUMN place {int};
UPDATE resource SET place = (SELECT d.place FROM document d WHERE d.resource = resource.id);
