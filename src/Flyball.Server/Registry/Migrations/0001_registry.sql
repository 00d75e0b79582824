create table models (
  name text primary key,
  project text not null,
  created bigint not null
);

create table model_versions (
  id text primary key,
  model text not null references models (name),
  version integer not null,
  run text not null,
  dataset_version text,
  digest text not null,
  status integer not null,
  content $json$ not null,
  created bigint not null,
  event text not null,
  unique (model, version)
);

create table aliases (
  model text not null references models (name),
  alias text not null,
  version integer not null,
  moved bigint not null,
  moved_by text not null,
  reason text not null,
  event text not null,
  primary key (model, alias)
);
