CREATE TABLE alarms (
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

CREATE TABLE aliases (
  model text not null references models (name) on update cascade,
  alias text not null,
  version integer not null,
  moved bigint not null,
  moved_by text not null,
  reason text not null,
  event text not null,
  primary key (model, alias)
);

CREATE TABLE approvals (
  id text primary key,
  model text not null references models (name) on update cascade,
  version integer not null,
  alias text not null,
  approved integer not null,
  decided_by text not null,
  comment text not null,
  decided bigint not null,
  event text not null
);

CREATE TABLE artifacts (
  root text not null,
  path text not null,
  digest text not null,
  size bigint not null,
  primary key (root, path)
) without rowid;

CREATE TABLE card_texts (
  model text not null references models (name) on update cascade,
  version integer not null,
  section text not null,
  text text not null,
  written bigint not null,
  written_by text not null,
  event text not null,
  primary key (model, version, section)
);

CREATE TABLE collections (
  id text primary key,
  deployment text not null,
  label text not null,
  dataset_version text not null,
  label_from bigint not null,
  label_to bigint not null,
  rows bigint not null
, dataset text not null default '');

CREATE TABLE dataset_fetches (
  project text not null,
  dataset text not null,
  url text not null,
  etag text,
  modified text,
  object text,
  bytes bigint not null,
  checked bigint not null,
  primary key (project, dataset)
);

CREATE TABLE dataset_pushes (
  id text primary key,
  project text not null,
  dataset text not null,
  key text not null,
  object text not null,
  kind text not null,
  bytes bigint not null,
  prepared integer not null,
  state integer not null,
  resolves text,
  pushed_by text not null,
  received bigint not null,
  unique (project, dataset, key)
);

CREATE TABLE dataset_quarantine (
  id text primary key,
  project text not null,
  dataset text not null,
  file text not null,
  source_digest text not null,
  object text not null,
  rows bigint,
  reasons text not null,
  state integer not null,
  created bigint not null,
  closed bigint,
  closed_by text
);

CREATE TABLE dataset_tags (
  version text not null,
  key text not null,
  value text not null,
  primary key (version, key)
);

CREATE TABLE dataset_versions (
  id text primary key,
  project text not null,
  dataset text not null,
  number integer not null,
  digest text not null,
  rows bigint not null,
  origin integer not null,
  usable integer not null,
  content text not null,
  parent text,
  created bigint not null,
  event text not null,
  unique (project, dataset, number)
);

CREATE TABLE datasets_seen (
  project text not null,
  dataset text not null,
  listing text not null,
  job text not null,
  primary key (project, dataset)
);

CREATE TABLE deployment_refusals (
  deployment text not null,
  version integer not null,
  reason text not null,
  event text not null,
  primary key (deployment, version)
);

CREATE TABLE deployments (
  name text primary key,
  project text not null,
  model text not null,
  version integer not null,
  digest text not null,
  changed bigint not null,
  event text not null
);

CREATE TABLE experiment_ids (
  newest bigint not null
);

CREATE TABLE experiment_tags (
  experiment text not null references experiments (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (experiment, key)
) without rowid;

CREATE TABLE experiments (
  id text primary key,
  name text not null unique,
  artifact_location text not null,
  stage integer not null,
  created bigint not null,
  updated bigint not null
);

CREATE TABLE input_datasets (
  number integer primary key autoincrement,
  experiment text not null references experiments (id) on delete cascade,
  name text not null,
  digest text not null,
  source_type text not null,
  source text not null,
  schema text,
  profile text,
  unique (experiment, name, digest)
);

CREATE TABLE jobs (
  id text primary key,
  kind text not null,
  subject text not null,
  project text,
  dedupe text unique,
  spec text not null,
  state integer not null,
  attempt integer not null,
  max_attempts integer not null,
  token bigint not null,
  worker text,
  heartbeat bigint,
  progress double precision not null,
  message text not null,
  result text,
  error text,
  created bigint not null,
  started bigint,
  ended bigint
);

CREATE TABLE journal (
  seq integer primary key autoincrement,
  id text not null unique,
  at bigint not null,
  type text not null,
  subject text not null,
  project text,
  actor text not null,
  cause text,
  data text not null
);

CREATE TABLE leases (
  name text primary key,
  owner text not null,
  token bigint not null,
  until bigint not null
);

CREATE TABLE links (
  source text not null,
  relation text not null,
  target text not null,
  primary key (source, relation, target)
);

CREATE TABLE log_segments (
  deployment text not null,
  kind integer not null,
  seq integer not null,
  object text not null,
  bytes bigint not null,
  rows bigint not null,
  min_at bigint not null,
  max_at bigint not null,
  state integer not null,
  primary key (deployment, kind, seq)
);

CREATE TABLE logged_model_metrics (
  model text not null references logged_models (id) on delete cascade,
  run text not null,
  key text not null,
  step bigint not null,
  at bigint not null,
  value double precision not null,
  kind integer not null,
  dataset_name text,
  dataset_digest text,
  primary key (model, key, step, at, run)
) without rowid;

CREATE TABLE logged_model_params (
  model text not null references logged_models (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (model, key)
) without rowid;

CREATE TABLE logged_model_tags (
  model text not null references logged_models (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (model, key)
) without rowid;

CREATE TABLE logged_models (
  id text primary key,
  experiment text not null references experiments (id) on delete cascade,
  name text not null,
  type text,
  run text,
  status integer not null,
  message text,
  created bigint not null,
  updated bigint not null,
  deleted bigint
);

CREATE TABLE model_tags (
  model text not null references models (name) on update cascade,
  key text not null,
  value text not null,
  primary key (model, key)
);

CREATE TABLE model_version_tags (
  model text not null references models (name) on update cascade,
  version integer not null,
  key text not null,
  value text not null,
  primary key (model, version, key)
);

CREATE TABLE model_versions (
  id text primary key,
  model text not null references models (name) on update cascade,
  version integer not null,
  source text not null,
  storage text not null,
  run text,
  run_link text not null,
  logged_model text,
  dataset_version text,
  digest text not null,
  status integer not null,
  stage integer not null,
  description text,
  author text not null,
  content text not null,
  created bigint not null,
  updated bigint not null,
  event text not null,
  unique (model, version)
);

CREATE TABLE models (
  name text primary key,
  project text,
  description text not null,
  created bigint not null,
  updated bigint not null,
  newest integer not null
);

CREATE TABLE monitor_windows (
  id text primary key,
  project text not null,
  deployment text not null,
  version integer not null,
  kind integer not null,
  window_from bigint not null,
  window_to bigint not null,
  state integer not null,
  rows bigint not null,
  result text not null,
  evaluated bigint not null,
  event text,
  unique (deployment, kind, window_from)
);

CREATE TABLE params (
  run bigint not null references runs (number) on delete cascade,
  key text not null,
  value text not null,
  primary key (run, key)
) without rowid;

CREATE TABLE point_chunks (
  number integer primary key autoincrement,
  run bigint not null references runs (number) on delete cascade,
  key text not null,
  points integer not null,
  data blob not null
);

CREATE TABLE point_log (
  number integer primary key autoincrement,
  run bigint not null references runs (number) on delete cascade,
  packed integer not null,
  bytes integer not null,
  data blob not null
);

CREATE TABLE project_revisions (
  project text not null,
  revision integer not null,
  yaml text not null,
  digest text not null,
  applied bigint not null,
  event text not null,
  primary key (project, revision)
);

CREATE TABLE projects (
  name text primary key,
  yaml text not null,
  folder text not null,
  data_folder text,
  digest text not null,
  revision integer not null,
  applied bigint not null,
  applied_by text not null,
  event text not null
);

CREATE TABLE protected_aliases (
  model text not null,
  alias text not null,
  protected bigint not null,
  protected_by text not null,
  primary key (model, alias)
);

CREATE TABLE retention_rules (
  experiment text primary key,
  delete_after bigint,
  remove_after bigint,
  since bigint not null,
  set_by text not null
);

CREATE TABLE retraining_decisions (
  project text not null,
  model text not null,
  signal text not null,
  verdict text not null,
  decided bigint not null,
  event text not null, trigger_kind integer not null default 4, reason text not null default '',
  primary key (project, model, signal, verdict)
);

CREATE TABLE run_datasets (
  run bigint not null references runs (number) on delete cascade,
  dataset bigint not null references input_datasets (number) on delete cascade,
  tags text not null,
  primary key (run, dataset)
) without rowid;

CREATE TABLE run_metrics (
  run bigint primary key references runs (number) on delete cascade,
  newest blob not null
) without rowid;

CREATE TABLE run_models (
  run bigint not null references runs (number) on delete cascade,
  model text not null references logged_models (id) on delete cascade,
  direction integer not null,
  step bigint not null,
  primary key (run, model, direction, step)
) without rowid;

CREATE TABLE runs (
  number integer primary key autoincrement,
  id text not null unique,
  experiment text not null references experiments (id),
  name text not null,
  user_name text not null,
  status integer not null,
  started bigint not null,
  ended bigint,
  deleted bigint
);

CREATE TABLE schema_versions (room text not null, number integer not null, name text not null, applied_at bigint not null, primary key (room, number));

CREATE TABLE tags (
  run bigint not null references runs (number) on delete cascade,
  key text not null,
  value text not null,
  primary key (run, key)
) without rowid;

CREATE TABLE tokens (
  hash text primary key,
  user_name text not null references users (name) on delete cascade,
  created bigint not null
);

CREATE TABLE trainings (
  id text primary key,
  project text not null,
  model text not null,
  trigger_kind integer not null,
  reason text not null,
  dataset_version text not null,
  run text not null,
  job text not null,
  state integer not null,
  version integer,
  outcome text,
  created bigint not null,
  ended bigint,
  event text not null
, cause text, code text);

CREATE TABLE upload_parts (
  upload text not null references uploads (id) on delete cascade,
  number integer not null,
  digest text not null,
  size bigint not null,
  primary key (upload, number)
);

CREATE TABLE uploads (
  id text primary key,
  root text not null,
  path text not null,
  parts integer not null,
  created bigint not null
, done integer not null default 0);

CREATE TABLE users (
  name text primary key,
  role integer not null,
  created bigint not null
);

CREATE TABLE webhook_cursor (
  seq bigint not null
);

CREATE TABLE webhook_deliveries (
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

CREATE TABLE webhooks (
  id text primary key,
  name text not null,
  url text not null,
  events text not null,
  description text,
  secret text,
  status integer not null,
  created bigint not null,
  updated bigint not null,
  deleted bigint
);

CREATE INDEX alarms_open on alarms (deployment, closed);

CREATE INDEX approvals_version on approvals (model, version, alias);

CREATE INDEX artifacts_by_digest on artifacts (root, digest);

CREATE INDEX collections_by_dataset on collections (deployment, dataset, label, label_to);

CREATE INDEX dataset_quarantine_by_dataset on dataset_quarantine (project, dataset, created);

CREATE INDEX jobs_state on jobs (state, created);

CREATE INDEX jobs_subject on jobs (subject, created);

CREATE INDEX journal_project on journal (project, seq);

CREATE INDEX journal_subject on journal (subject, seq);

CREATE INDEX journal_type on journal (type, seq);

CREATE INDEX links_target on links (target, relation);

CREATE INDEX logged_models_experiment on logged_models (experiment, created);

CREATE INDEX logged_models_run on logged_models (run);

CREATE INDEX model_versions_run on model_versions (run);

CREATE INDEX point_chunks_metric on point_chunks (run, key);

CREATE INDEX point_log_run on point_log (run);

CREATE INDEX point_log_waiting on point_log (run, bytes) where packed = 0;

CREATE INDEX run_datasets_dataset on run_datasets (dataset);

CREATE INDEX run_models_model on run_models (model);

CREATE INDEX runs_deleted on runs (deleted) where deleted is not null;

CREATE INDEX runs_experiment on runs (experiment);

CREATE UNIQUE INDEX trainings_cause on trainings (cause);

CREATE INDEX trainings_model on trainings (project, model, created);

CREATE INDEX webhook_deliveries_waiting on webhook_deliveries (webhook, due, id) where due is not null;
