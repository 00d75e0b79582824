-- a model that is moved to another dataset takes its truths along
alter table collections add column dataset text not null default '';
update collections set dataset = (select dataset from dataset_versions where dataset_versions.id = collections.dataset_version);
drop index collections_by_deployment;
create index collections_by_dataset on collections (deployment, dataset, label, label_to);
