DROP INDEX `idx_job_counts_ready`;--> statement-breakpoint
ALTER TABLE `job_counts` ADD `next_token_at` integer;--> statement-breakpoint
CREATE INDEX `idx_job_counts_ready` ON `job_counts` (`next_token_at`,`queue_name`) WHERE ready > 0;