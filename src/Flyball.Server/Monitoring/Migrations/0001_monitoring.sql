-- kind 0: drift, 1: performance; state 0: within, 1: breached, 2: unknown
create table monitor_windows (
  id text primary key,
  project text not null,
  deployment text not null,
  version integer not null,
  kind integer not null,
  window_from bigint not null,
  window_to bigint not null,
  state integer not null,
  rows bigint not null,
  result $json$ not null,
  evaluated bigint not null,
  event text,
  unique (deployment, kind, window_from)
);

create table alarms (
  id text primary key,
  project text not null,
  deployment text not null,
  version integer not null,
  kind integer not null,
  metric text not null,
  opened bigint not null,
  breaches integer not null,
  last_breach bigint not null,
  message text not null,
  event text not null,
  last_event text not null,
  closed bigint,
  closed_event text
);
create index alarms_open on alarms (deployment, closed);
