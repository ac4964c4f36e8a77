-- why: a row that is completed shortly after it was begun stays on its page, and no index takes a second entry for it.
-- breaking: no

-- Begun with some 150 bytes and completed with ten times as many, the record of what was said: a page takes as many
-- beginnings as it has room for ends.
alter table exchanges set (fillfactor = 12);
-- Taken up once, as a rule, before it is delivered: room for the version between.
alter table webhooks set (fillfactor = 70);
