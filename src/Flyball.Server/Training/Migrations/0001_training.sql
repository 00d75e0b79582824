create table trainings (
  id text primary key,
  project text not null,
  model text not null,
  trigger_kind integer not null,
  reason text not null,
  dataset_version text not null,
  run text not null,
  job text not null,
  state integer not null,
  version integer,
  outcome text,
  created bigint not null,
  ended bigint,
  event text not null
);
create index trainings_model on trainings (project, model, created);
