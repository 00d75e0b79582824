create table retraining_decisions (
  project text not null,
  model text not null,
  cause text not null,
  verdict text not null,
  decided bigint not null,
  event text not null,
  primary key (project, model, cause, verdict)
);
