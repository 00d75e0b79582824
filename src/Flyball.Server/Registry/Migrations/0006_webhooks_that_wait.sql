-- the next delivery of each webhook, however many others wait
create index webhook_deliveries_waiting on webhook_deliveries (webhook, due, id) where due is not null;
drop index webhook_deliveries_due;
