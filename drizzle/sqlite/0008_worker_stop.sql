ALTER TABLE `workers` ADD `stopping` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `workers` ADD `dead` integer DEFAULT false NOT NULL;