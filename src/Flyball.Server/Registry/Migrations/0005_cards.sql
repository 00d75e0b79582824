create table card_texts (
  model text not null references models (name) on update cascade,
  version integer not null,
  section text not null,
  text text not null,
  written bigint not null,
  written_by text not null,
  event text not null,
  primary key (model, version, section)
);
