create table dataset_tags (
  version text not null,
  key text not null,
  value text not null,
  primary key (version, key)
);
