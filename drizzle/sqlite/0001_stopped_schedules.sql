ALTER TABLE `schedules` ADD `stopped_at` integer;--> statement-breakpoint
ALTER TABLE `schedules` ADD `stopped_error` text;