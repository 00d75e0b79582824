-- every project file that was applied, as it was: what was asked for at which time
create table project_revisions (
  project text not null,
  revision integer not null,
  yaml text not null,
  digest text not null,
  applied bigint not null,
  event text not null,
  primary key (project, revision)
);
insert into project_revisions (project, revision, yaml, digest, applied, event) select name, revision, yaml, digest, applied, event from projects;
