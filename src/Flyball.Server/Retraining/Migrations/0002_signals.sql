-- what a decision is about is a signal's key: a journal entry, a commit, a time of the schedule
alter table retraining_decisions rename column cause to signal;
-- the trigger and its words, so that an interrupted decision is carried on
alter table retraining_decisions add column trigger_kind integer not null default 4;
alter table retraining_decisions add column reason text not null default '';
