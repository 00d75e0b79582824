create table dataset_pushes (
  id text primary key,
  project text not null,
  dataset text not null,
  key text not null,
  object text not null,
  kind text not null,
  bytes bigint not null,
  prepared integer not null,
  state integer not null,
  resolves text,
  pushed_by text not null,
  received bigint not null,
  unique (project, dataset, key)
);

create table dataset_quarantine (
  id text primary key,
  project text not null,
  dataset text not null,
  file text not null,
  source_digest text not null,
  object text not null,
  rows bigint,
  reasons $json$ not null,
  state integer not null,
  created bigint not null,
  closed bigint,
  closed_by text
);

create index dataset_quarantine_by_dataset on dataset_quarantine (project, dataset, created);
