CREATE TABLE `failed_attempts` (
	`id` integer PRIMARY KEY NOT NULL,
	`job_id` text NOT NULL,
	`number` integer NOT NULL,
	`started_at` integer NOT NULL,
	`finished_at` integer NOT NULL,
	`status_code` integer,
	`error` text NOT NULL,
	`response_excerpt` text,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `idx_failed_attempts_job` ON `failed_attempts` (`job_id`);--> statement-breakpoint
CREATE TABLE `job_counts` (
	`queue_name` text PRIMARY KEY NOT NULL,
	`ready` integer NOT NULL,
	`delayed` integer NOT NULL,
	`running` integer NOT NULL,
	`completed` integer NOT NULL,
	`dead` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `idx_job_counts_ready` ON `job_counts` (`queue_name`) WHERE ready > 0;--> statement-breakpoint
CREATE INDEX `idx_job_counts_delayed` ON `job_counts` (`queue_name`) WHERE delayed > 0;--> statement-breakpoint
CREATE TABLE `jobs` (
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
	`payload` text NOT NULL,
	`result` text
);
--> statement-breakpoint
CREATE INDEX `idx_jobs_ready` ON `jobs` (`queue_name`,"priority" desc) WHERE ready = 1;--> statement-breakpoint
CREATE INDEX `idx_jobs_delayed` ON `jobs` (`visible_at`) WHERE status = 'pending' and ready = 0;--> statement-breakpoint
CREATE INDEX `idx_jobs_delayed_queue` ON `jobs` (`queue_name`,`visible_at`) WHERE status = 'pending' and ready = 0;--> statement-breakpoint
CREATE INDEX `idx_jobs_reaper` ON `jobs` (`visible_at`) WHERE status = 'running';--> statement-breakpoint
CREATE UNIQUE INDEX `idx_jobs_idempotency` ON `jobs` (`idempotency_key`) WHERE idempotency_key is not null;--> statement-breakpoint
CREATE INDEX `idx_jobs_finished` ON `jobs` (`completed_at`) WHERE completed_at is not null;--> statement-breakpoint
CREATE INDEX `idx_jobs_queue_status` ON `jobs` (`queue_name`,`status`) WHERE status <> 'running';--> statement-breakpoint
CREATE INDEX `idx_jobs_status` ON `jobs` (`status`) WHERE status <> 'running';--> statement-breakpoint
CREATE INDEX `idx_jobs_schedule` ON `jobs` (`schedule_id`) WHERE schedule_id is not null;--> statement-breakpoint
CREATE TABLE `queues` (
	`name` text PRIMARY KEY NOT NULL,
	`max_concurrency` integer NOT NULL,
	`rate_limit_rps` real,
	`max_retries` integer NOT NULL,
	`retry_backoff` text NOT NULL,
	`base_delay_ms` integer NOT NULL,
	`max_delay_ms` integer NOT NULL,
	`paused` integer NOT NULL,
	`tokens` real,
	`tokens_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `schedules` (
	`id` text PRIMARY KEY NOT NULL,
	`queue_name` text NOT NULL,
	`cron_expression` text NOT NULL,
	`timezone` text NOT NULL,
	`callback_url` text NOT NULL,
	`payload` text NOT NULL,
	`max_retries` integer NOT NULL,
	`timeout_ms` integer NOT NULL,
	`enabled` integer NOT NULL,
	`last_run_at` integer,
	`next_run_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `idx_schedules_next_run` ON `schedules` (`enabled`,`next_run_at`) WHERE enabled = 1;--> statement-breakpoint
CREATE TABLE `throughput` (
	`minute` integer PRIMARY KEY NOT NULL,
	`completed` integer NOT NULL,
	`failed` integer NOT NULL
);
