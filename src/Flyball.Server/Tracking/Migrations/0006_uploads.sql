create table uploads (
  id text primary key,
  root text not null,
  path text not null,
  parts integer not null,
  created bigint not null
);

create table upload_parts (
  upload text not null references uploads (id) on delete cascade,
  number integer not null,
  digest text not null,
  size bigint not null,
  primary key (upload, number)
);
