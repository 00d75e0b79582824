-- the journal entry that led to a training: never two trainings for one
alter table trainings add column cause text;
-- the commit that the project's folder was at; null where it is no checkout
alter table trainings add column code text;
create unique index trainings_cause on trainings (cause);
