-- Requests to log in by SAML stand in a cookie of the browser that made them: a row for each let strangers fill the disk.
DROP TABLE saml_request;
