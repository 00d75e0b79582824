create table models (
  name text primary key,
  project text,
  description text not null,
  created bigint not null,
  updated bigint not null,
  newest integer not null
);

create table model_tags (
  model text not null references models (name) on update cascade,
  key text not null,
  value text not null,
  primary key (model, key)
);

create table model_versions (
  id text primary key,
  model text not null references models (name) on update cascade,
  version integer not null,
  source text not null,
  storage text not null,
  run text,
  run_link text not null,
  logged_model text,
  dataset_version text,
  digest text not null,
  status integer not null,
  stage integer not null,
  description text,
  author text not null,
  content $json$ not null,
  created bigint not null,
  updated bigint not null,
  event text not null,
  unique (model, version)
);
create index model_versions_run on model_versions (run);

create table model_version_tags (
  model text not null references models (name) on update cascade,
  version integer not null,
  key text not null,
  value text not null,
  primary key (model, version, key)
);

create table aliases (
  model text not null references models (name) on update cascade,
  alias text not null,
  version integer not null,
  moved bigint not null,
  moved_by text not null,
  reason text not null,
  event text not null,
  primary key (model, alias)
);
