create table approvals (
  id text primary key,
  model text not null references models (name) on update cascade,
  version integer not null,
  alias text not null,
  approved integer not null,
  decided_by text not null,
  comment text not null,
  decided bigint not null,
  event text not null
);
create index approvals_version on approvals (model, version, alias);

create table protected_aliases (
  model text not null,
  alias text not null,
  protected bigint not null,
  protected_by text not null,
  primary key (model, alias)
);
