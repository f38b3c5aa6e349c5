CREATE TABLE `blobs` (
	`sha256` text PRIMARY KEY NOT NULL,
	`size` integer NOT NULL,
	`used_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `clusters` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`state` text NOT NULL,
	`spec` text NOT NULL,
	`created_at` integer NOT NULL,
	`down_at` integer,
	`active_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `clusters_name` ON `clusters` (`name`,`created_at`);--> statement-breakpoint
CREATE TABLE `collected` (
	`job_id` text NOT NULL,
	`path` blob NOT NULL,
	`node_id` text NOT NULL,
	`version` integer NOT NULL,
	`mode` integer NOT NULL,
	`size` integer NOT NULL,
	`sha256` text,
	`writers` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `collected_version` ON `collected` (`job_id`,`path`,`node_id`,`version`);--> statement-breakpoint
CREATE TABLE `job_secrets` (
	`job_id` text PRIMARY KEY NOT NULL,
	`sealed` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `jobs` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`cluster_id` text NOT NULL,
	`cluster_name` text NOT NULL,
	`spec` text NOT NULL,
	`state` text NOT NULL,
	`idempotency_key` text,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`ended_at` integer,
	`problem_code` text,
	`problem_message` text,
	`closing` integer DEFAULT false NOT NULL,
	`input_length` integer DEFAULT 0 NOT NULL,
	`sealed_length` integer,
	`sealed_sha256` text,
	`partitions` integer,
	`next_partition` integer DEFAULT 0 NOT NULL,
	`next_offset` integer DEFAULT 0 NOT NULL,
	`next_line` integer DEFAULT 0 NOT NULL,
	`cut_done` integer DEFAULT false NOT NULL,
	`glob_node` text,
	`glob_epoch` text,
	`pending` integer DEFAULT 0 NOT NULL,
	`leased` integer DEFAULT 0 NOT NULL,
	`succeeded` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`canceled` integer DEFAULT 0 NOT NULL,
	`lines` integer DEFAULT 0 NOT NULL,
	`lines_done` integer DEFAULT 0 NOT NULL,
	`lines_failed` integer DEFAULT 0 NOT NULL,
	`input_bytes_done` integer DEFAULT 0 NOT NULL,
	`output_bytes` integer DEFAULT 0 NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`failed_status` integer,
	`next_cursor` integer DEFAULT 1 NOT NULL,
	`segment` integer DEFAULT 0 NOT NULL,
	`segment_length` integer DEFAULT 0 NOT NULL,
	`collected_fetched` integer DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_id_unique` ON `jobs` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_idempotency_key_unique` ON `jobs` (`idempotency_key`);--> statement-breakpoint
CREATE INDEX `jobs_cluster` ON `jobs` (`cluster_id`,`state`,`seq`);--> statement-breakpoint
CREATE TABLE `log` (
	`job_id` text NOT NULL,
	`cursor` integer NOT NULL,
	`kind` text NOT NULL,
	`at` integer NOT NULL,
	`partition` integer,
	`attempt` integer,
	`seq` integer,
	`stream` integer,
	`segment` integer,
	`offset` integer,
	`length` integer,
	`sha256` blob,
	`data` text,
	PRIMARY KEY(`job_id`, `cursor`)
);
--> statement-breakpoint
CREATE INDEX `log_attempt` ON `log` (`job_id`,`partition`,`attempt`,`cursor`);--> statement-breakpoint
CREATE TABLE `meta` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `nodes` (
	`id` text PRIMARY KEY NOT NULL,
	`cluster_id` text NOT NULL,
	`ordinal` integer NOT NULL,
	`name` text NOT NULL,
	`state` text NOT NULL,
	`slots` integer NOT NULL,
	`cpus` integer,
	`memory_bytes` integer,
	`version` text,
	`protocol` integer,
	`incarnation` integer DEFAULT 0 NOT NULL,
	`token_hash` blob,
	`join_hash` blob,
	`join_expires_at` integer,
	`provider_ref` text,
	`problem` text,
	`created_at` integer NOT NULL,
	`seen_at` integer,
	`terminated_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_token_hash_unique` ON `nodes` (`token_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_join_hash_unique` ON `nodes` (`join_hash`);--> statement-breakpoint
CREATE INDEX `nodes_cluster` ON `nodes` (`cluster_id`,`ordinal`);--> statement-breakpoint
CREATE TABLE `partitions` (
	`job_id` text NOT NULL,
	`number` integer NOT NULL,
	`parent` integer,
	`state` text NOT NULL,
	`epoch` text,
	`done_epoch` text,
	`attempt` integer DEFAULT 0 NOT NULL,
	`node_id` text,
	`pinned_node` text,
	`outside_slots` integer DEFAULT false NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`crashes` integer DEFAULT 0 NOT NULL,
	`losses` integer DEFAULT 0 NOT NULL,
	`source` text NOT NULL,
	`offset` integer DEFAULT 0 NOT NULL,
	`length` integer DEFAULT 0 NOT NULL,
	`first_line` integer DEFAULT 0 NOT NULL,
	`lines` integer DEFAULT 0 NOT NULL,
	`next_seq` integer DEFAULT 0 NOT NULL,
	`output_bytes` integer DEFAULT 0 NOT NULL,
	`outcome` text,
	`runtime_ms` integer,
	`cpu_ms` integer,
	`peak_rss_bytes` integer,
	`started_at` integer,
	`hash` text,
	PRIMARY KEY(`job_id`, `number`)
);
--> statement-breakpoint
CREATE INDEX `partitions_state` ON `partitions` (`job_id`,`state`,`number`);--> statement-breakpoint
CREATE INDEX `partitions_live` ON `partitions` (`node_id`,`job_id`) WHERE epoch is not null;--> statement-breakpoint
CREATE TABLE `tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`hash` blob NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_hash_unique` ON `tokens` (`hash`);