-- experiment: empty for all that have no rule of their own; days, or null for never
create table retention_rules (
  experiment text primary key,
  delete_after bigint,
  remove_after bigint,
  since bigint not null,
  set_by text not null
);

-- the highest id that was ever given: that of a removed experiment is not given again
create table experiment_ids (
  newest bigint not null
);
insert into experiment_ids (newest) select coalesce(max(cast(id as bigint)), 0) from experiments;

create index runs_deleted on runs (deleted) where deleted is not null;
