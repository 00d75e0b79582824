create table users (
  name text primary key,
  role integer not null,
  created bigint not null
);

create table tokens (
  hash text primary key,
  user_name text not null references users (name) on delete cascade,
  created bigint not null
);
