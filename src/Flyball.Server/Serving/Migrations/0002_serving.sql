create table deployments (
  name text primary key,
  project text not null,
  model text not null,
  version integer not null,
  digest text not null,
  changed bigint not null,
  event text not null
);

-- versions that could not be deployed; they are not tried again
create table deployment_refusals (
  deployment text not null,
  version integer not null,
  reason text not null,
  event text not null,
  primary key (deployment, version)
);

-- kind 0: predictions, 1: labels; state 0: raw, waiting to be sealed, 1: sealed as Parquet
create table log_segments (
  deployment text not null,
  kind integer not null,
  seq integer not null,
  object text not null,
  bytes bigint not null,
  rows bigint not null,
  min_at bigint not null,
  max_at bigint not null,
  state integer not null,
  primary key (deployment, kind, seq)
);

-- labelled traffic that became training data: labels received in (label_from, label_to], sent for a label (its digest)
create table collections (
  id text primary key,
  deployment text not null,
  label text not null,
  dataset_version text not null,
  label_from bigint not null,
  label_to bigint not null,
  rows bigint not null
);
create index collections_by_deployment on collections (deployment, label, label_to);
