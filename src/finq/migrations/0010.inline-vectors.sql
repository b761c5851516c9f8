-- A vector of 1,024 dimensions stays in its row, where a search that compares hundreds finds it sooner than in a TOAST
-- table; a row takes a page of 8 KB instead of 5.4. Rows that are there already follow when they are next written.
-- depends: 0009.session-defaults

ALTER TABLE policy_vectors SET (toast_tuple_target = 8160);
