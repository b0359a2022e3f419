DROP INDEX `idx_jobs_finished`;--> statement-breakpoint
CREATE INDEX `idx_jobs_finished` ON `jobs` (`queue_name`,`status`,`completed_at`) WHERE completed_at is not null;--> statement-breakpoint
ALTER TABLE `queues` ADD `retention_completed_ms` integer;--> statement-breakpoint
ALTER TABLE `queues` ADD `retention_dead_ms` integer;