create table experiments (
  id text primary key,
  name text not null unique,
  stage integer not null,
  created bigint not null,
  updated bigint not null
);

create table runs (
  id text primary key,
  experiment text not null references experiments (id),
  name text not null,
  user_name text not null,
  status integer not null,
  stage integer not null,
  started bigint not null,
  ended bigint
);
create index runs_experiment on runs (experiment, started);

create table params (
  run text not null references runs (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (run, key)
);

create table tags (
  run text not null references runs (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (run, key)
);

create table metrics (
  run text not null references runs (id) on delete cascade,
  key text not null,
  step bigint not null,
  at bigint not null,
  value double precision,
  kind integer not null
);
create index metrics_run on metrics (run, key, step);

create table artifacts (
  run text not null references runs (id) on delete cascade,
  path text not null,
  digest text not null,
  size bigint not null,
  primary key (run, path)
);

insert into experiments (id, name, stage, created, updated) values ('0', 'Default', 0, 0, 0);
