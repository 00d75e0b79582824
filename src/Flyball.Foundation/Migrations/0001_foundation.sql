create table journal (
  seq $key$,
  id text not null unique,
  at bigint not null,
  type text not null,
  subject text not null,
  project text,
  actor text not null,
  cause text,
  data $json$ not null
);
create index journal_subject on journal (subject, seq);
create index journal_project on journal (project, seq);
create index journal_type on journal (type, seq);

create table links (
  source text not null,
  relation text not null,
  target text not null,
  primary key (source, relation, target)
);
create index links_target on links (target, relation);

create table leases (
  name text primary key,
  owner text not null,
  token bigint not null,
  until bigint not null
);

create table jobs (
  id text primary key,
  kind text not null,
  subject text not null,
  project text,
  dedupe text unique,
  spec $json$ not null,
  state integer not null,
  attempt integer not null,
  max_attempts integer not null,
  token bigint not null,
  worker text,
  heartbeat bigint,
  progress double precision not null,
  message text not null,
  result $json$,
  error text,
  created bigint not null,
  started bigint,
  ended bigint
);
create index jobs_state on jobs (state, created);
create index jobs_subject on jobs (subject, created);
