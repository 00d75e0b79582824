create table experiments (
  id text primary key,
  name text not null unique,
  artifact_location text not null,
  stage integer not null,
  created bigint not null,
  updated bigint not null
);

create table experiment_tags (
  experiment text not null references experiments (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (experiment, key)
) $clustered$;

create table runs (
  number $key$,
  id text not null unique,
  experiment text not null references experiments (id),
  name text not null,
  user_name text not null,
  status integer not null,
  started bigint not null,
  ended bigint,
  deleted bigint
);
create index runs_experiment on runs (experiment);

create table params (
  run bigint not null references runs (number) on delete cascade,
  key text not null,
  value text not null,
  primary key (run, key)
) $clustered$;

create table tags (
  run bigint not null references runs (number) on delete cascade,
  key text not null,
  value text not null,
  primary key (run, key)
) $clustered$;

-- the newest point of each metric of a run, by (step, at, value), of what is packed: as in point_log, one point each
create table run_metrics (
  run bigint primary key references runs (number) on delete cascade,
  newest $blob$ not null
) $clustered$;

-- points of a run: packed 0 as they were logged, one row per call; 1 of several calls: see PointLog.cs and FoldPointsLoop.cs
create table point_log (
  number $key$,
  run bigint not null references runs (number) on delete cascade,
  packed integer not null,
  bytes integer not null,
  data $blob$ not null
);
create index point_log_run on point_log (run);
create index point_log_waiting on point_log (run, bytes) where packed = 0;

-- points of one metric, many in one value: see Points.cs
create table point_chunks (
  number $key$,
  run bigint not null references runs (number) on delete cascade,
  key text not null,
  points integer not null,
  data $blob$ not null
);
create index point_chunks_metric on point_chunks (run, key);

-- root: the run or the logged model that the file belongs to
create table artifacts (
  root text not null,
  path text not null,
  digest text not null,
  size bigint not null,
  primary key (root, path)
) $clustered$;

create table input_datasets (
  number $key$,
  experiment text not null references experiments (id) on delete cascade,
  name text not null,
  digest text not null,
  source_type text not null,
  source text not null,
  schema text,
  profile text,
  unique (experiment, name, digest)
);

create table run_datasets (
  run bigint not null references runs (number) on delete cascade,
  dataset bigint not null references input_datasets (number) on delete cascade,
  tags $json$ not null,
  primary key (run, dataset)
) $clustered$;
create index run_datasets_dataset on run_datasets (dataset);

create table logged_models (
  id text primary key,
  experiment text not null references experiments (id) on delete cascade,
  name text not null,
  type text,
  run text,
  status integer not null,
  message text,
  created bigint not null,
  updated bigint not null,
  deleted bigint
);
create index logged_models_experiment on logged_models (experiment, created);
create index logged_models_run on logged_models (run);

create table logged_model_params (
  model text not null references logged_models (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (model, key)
) $clustered$;

create table logged_model_tags (
  model text not null references logged_models (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (model, key)
) $clustered$;

create table logged_model_metrics (
  model text not null references logged_models (id) on delete cascade,
  run text not null,
  key text not null,
  step bigint not null,
  at bigint not null,
  value double precision not null,
  kind integer not null,
  dataset_name text,
  dataset_digest text,
  primary key (model, key, step, at, run)
) $clustered$;

-- direction: 0 the run read the model, 1 the run made it
create table run_models (
  run bigint not null references runs (number) on delete cascade,
  model text not null references logged_models (id) on delete cascade,
  direction integer not null,
  step bigint not null,
  primary key (run, model, direction, step)
) $clustered$;
create index run_models_model on run_models (model);

insert into experiments (id, name, artifact_location, stage, created, updated) values ('0', 'Default', '', 0, 0, 0);
