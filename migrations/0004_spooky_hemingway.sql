CREATE TABLE `prices` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`cluster_id` text NOT NULL,
	`node_id` text NOT NULL,
	`at` integer NOT NULL,
	`machine` real NOT NULL,
	`disk` real NOT NULL,
	`address` real NOT NULL
);
--> statement-breakpoint
CREATE INDEX `prices_cluster` ON `prices` (`cluster_id`,`seq`);--> statement-breakpoint
ALTER TABLE `clusters` ADD `finished_at` integer;