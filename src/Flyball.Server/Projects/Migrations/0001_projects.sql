create table projects (
  name text primary key,
  yaml text not null,
  folder text not null,
  data_folder text,
  digest text not null,
  revision integer not null,
  applied bigint not null,
  applied_by text not null,
  event text not null
);
