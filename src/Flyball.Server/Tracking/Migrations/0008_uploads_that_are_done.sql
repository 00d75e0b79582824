-- 1: its file is made; it is kept for a day, so that a client that lost the answer may ask again
alter table uploads add column done integer not null default 0;
create index artifacts_by_digest on artifacts (root, digest);
