-- A lease is what a job has: the table `job` holds both.
DROP TABLE lease;
