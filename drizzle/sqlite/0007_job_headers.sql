-- By hand, as 0005_workers.sql says: the column stands before the texts of any length, and rows keep their numbers.
CREATE TABLE `__new_jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`queue_name` text NOT NULL,
	`status` text NOT NULL,
	`ready` integer NOT NULL,
	`priority` integer NOT NULL,
	`visible_at` integer NOT NULL,
	`attempt` integer NOT NULL,
	`max_retries` integer NOT NULL,
	`retry_backoff` text,
	`base_delay_ms` integer,
	`max_delay_ms` integer,
	`timeout_ms` integer NOT NULL,
	`lease_token` integer NOT NULL,
	`worker_id` text,
	`started_at` integer,
	`completed_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`schedule_id` text,
	`idempotency_key` text,
	`callback_url` text NOT NULL,
	`last_error` text,
	`result_truncated` integer NOT NULL,
	`crashes` integer NOT NULL,
	`headers` text,
	`payload` text NOT NULL,
	`result` text
);
--> statement-breakpoint
INSERT INTO `__new_jobs` (
	rowid, `id`, `queue_name`, `status`, `ready`, `priority`, `visible_at`, `attempt`, `max_retries`,
	`retry_backoff`, `base_delay_ms`, `max_delay_ms`, `timeout_ms`, `lease_token`, `worker_id`, `started_at`,
	`completed_at`, `created_at`, `updated_at`, `schedule_id`, `idempotency_key`, `callback_url`, `last_error`,
	`result_truncated`, `crashes`, `headers`, `payload`, `result`
)
SELECT
	rowid, `id`, `queue_name`, `status`, `ready`, `priority`, `visible_at`, `attempt`, `max_retries`,
	`retry_backoff`, `base_delay_ms`, `max_delay_ms`, `timeout_ms`, `lease_token`, `worker_id`, `started_at`,
	`completed_at`, `created_at`, `updated_at`, `schedule_id`, `idempotency_key`, `callback_url`, `last_error`,
	`result_truncated`, `crashes`, NULL, `payload`, `result`
FROM `jobs` ORDER BY rowid;--> statement-breakpoint
DROP TABLE `jobs`;--> statement-breakpoint
ALTER TABLE `__new_jobs` RENAME TO `jobs`;--> statement-breakpoint
CREATE INDEX `idx_jobs_ready` ON `jobs` (`queue_name`,"priority" desc) WHERE ready = 1;--> statement-breakpoint
CREATE INDEX `idx_jobs_delayed` ON `jobs` (`visible_at`) WHERE status = 'pending' and ready = 0;--> statement-breakpoint
CREATE INDEX `idx_jobs_delayed_queue` ON `jobs` (`queue_name`,`visible_at`) WHERE status = 'pending' and ready = 0;--> statement-breakpoint
CREATE INDEX `idx_jobs_reaper` ON `jobs` (`visible_at`) WHERE status = 'running';--> statement-breakpoint
CREATE UNIQUE INDEX `idx_jobs_idempotency` ON `jobs` (`idempotency_key`) WHERE idempotency_key is not null;--> statement-breakpoint
CREATE INDEX `idx_jobs_finished` ON `jobs` (`queue_name`,`status`,`completed_at`) WHERE completed_at is not null;--> statement-breakpoint
CREATE INDEX `idx_jobs_queue_status` ON `jobs` (`queue_name`,`status`) WHERE status <> 'running';--> statement-breakpoint
CREATE INDEX `idx_jobs_status` ON `jobs` (`status`) WHERE status <> 'running';--> statement-breakpoint
CREATE INDEX `idx_jobs_schedule` ON `jobs` (`schedule_id`) WHERE schedule_id is not null;
