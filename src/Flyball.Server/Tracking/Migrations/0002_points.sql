-- Runs get a number, so that what hangs on them is small; points of metrics are kept apart from the newest value of each; artifacts belong to runs or logged models.

alter table experiments add column artifact_location text not null default '';

create table experiment_tags (
  experiment text not null references experiments (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (experiment, key)
) $clustered$;

drop index runs_experiment;
drop index metrics_run;
alter table params rename to old_params;
alter table tags rename to old_tags;
alter table metrics rename to old_metrics;
alter table artifacts rename to old_artifacts;
alter table runs rename to old_runs;

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
insert into runs (id, experiment, name, user_name, status, started, ended, deleted)
select id, experiment, name, user_name, status, started, ended, case when stage = 0 then null else started end from old_runs order by started, id;

create table params (
  run bigint not null references runs (number) on delete cascade,
  key text not null,
  value text not null,
  primary key (run, key)
) $clustered$;
insert into params (run, key, value) select runs.number, key, value from old_params join runs on runs.id = old_params.run;

create table tags (
  run bigint not null references runs (number) on delete cascade,
  key text not null,
  value text not null,
  primary key (run, key)
) $clustered$;
insert into tags (run, key, value) select runs.number, key, value from old_tags join runs on runs.id = old_tags.run;

-- the newest value of each metric of each run, by (step, at, value); kind: 0 a number, 1 NaN (value 0), 2 infinity and 3 minus infinity (value the largest and smallest number)
create table metrics (
  number $key$,
  run bigint not null references runs (number) on delete cascade,
  key text not null,
  step bigint not null,
  at bigint not null,
  value double precision not null,
  kind integer not null,
  loose integer not null,
  unique (run, key)
);
create index metrics_loose on metrics (loose) where loose >= 1024;
insert into metrics (run, key, step, at, value, kind, loose)
select runs.number, key, step, at, coalesce(value, case kind when 2 then 1.7976931348623157e308 when 3 then -1.7976931348623157e308 else 0 end), kind, loose from (
  select *, row_number() over (partition by run, key order by step desc, at desc, value desc) as newest, count(*) over (partition by run, key) as loose from old_metrics) as ranked
join runs on runs.id = ranked.run where newest = 1;

-- points that are not in a chunk yet
create table points (
  metric bigint not null references metrics (number) on delete cascade,
  step bigint not null,
  at bigint not null,
  value double precision not null,
  kind integer not null,
  primary key (metric, step, at, value, kind)
) $clustered$;
insert into points (metric, step, at, value, kind)
select distinct metrics.number, old_metrics.step, old_metrics.at, coalesce(old_metrics.value, case old_metrics.kind when 2 then 1.7976931348623157e308 when 3 then -1.7976931348623157e308 else 0 end), old_metrics.kind
from old_metrics join runs on runs.id = old_metrics.run join metrics on metrics.run = runs.number and metrics.key = old_metrics.key;

-- many points as one value: see Points.cs
create table point_chunks (
  number $key$,
  metric bigint not null references metrics (number) on delete cascade,
  points integer not null,
  data $blob$ not null
);
create index point_chunks_metric on point_chunks (metric);

-- root: the run or the logged model that the file belongs to
create table artifacts (
  root text not null,
  path text not null,
  digest text not null,
  size bigint not null,
  primary key (root, path)
) $clustered$;
insert into artifacts (root, path, digest, size) select run, path, digest, size from old_artifacts;

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

drop table old_params;
drop table old_tags;
drop table old_metrics;
drop table old_artifacts;
drop table old_runs;
