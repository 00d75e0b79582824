create table webhooks (
  id text primary key,
  name text not null,
  url text not null,
  events $json$ not null,
  description text,
  secret text,
  status integer not null,
  created bigint not null,
  updated bigint not null,
  deleted bigint
);

create table webhook_deliveries (
  id text primary key,
  webhook text not null references webhooks (id),
  event text not null,
  kind text not null,
  body text not null,
  sent bigint not null,
  state integer not null,
  attempts integer not null,
  due bigint,
  status integer,
  answer text,
  created bigint not null,
  ended bigint,
  unique (webhook, event)
);
create index webhook_deliveries_due on webhook_deliveries (due);

create table webhook_cursor (
  seq bigint not null
);
