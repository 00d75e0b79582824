create table datasets_seen (
  project text not null,
  dataset text not null,
  listing text not null,
  job text not null,
  primary key (project, dataset)
);

create table dataset_versions (
  id text primary key,
  project text not null,
  dataset text not null,
  number integer not null,
  digest text not null,
  rows bigint not null,
  origin integer not null,
  usable integer not null,
  content $json$ not null,
  parent text,
  created bigint not null,
  event text not null,
  unique (project, dataset, number)
);
