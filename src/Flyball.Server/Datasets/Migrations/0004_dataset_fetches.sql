create table dataset_fetches (
  project text not null,
  dataset text not null,
  url text not null,
  etag text,
  modified text,
  object text,
  bytes bigint not null,
  checked bigint not null,
  primary key (project, dataset)
);
