CREATE TABLE `origins` (
	`id` integer PRIMARY KEY NOT NULL,
	`source` text NOT NULL,
	`as_of` text NOT NULL,
	`spot_as_of` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `origins_all` ON `origins` (`source`,`as_of`,`spot_as_of`);--> statement-breakpoint
CREATE TABLE `places` (
	`id` integer PRIMARY KEY NOT NULL,
	`cloud` text NOT NULL,
	`region` text NOT NULL,
	`zone` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `places_all` ON `places` (`cloud`,`region`,`zone`);--> statement-breakpoint
CREATE TABLE `prices` (
	`revision` integer NOT NULL,
	`place` integer NOT NULL,
	`type` integer NOT NULL,
	`origin` integer NOT NULL,
	`price` real,
	`spot` real,
	`interruption` text,
	PRIMARY KEY(`revision`, `place`, `type`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `rates` (
	`revision` integer NOT NULL,
	`cloud` text NOT NULL,
	`region` text NOT NULL,
	`name` text NOT NULL,
	`usd` real NOT NULL,
	PRIMARY KEY(`revision`, `cloud`, `region`, `name`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `revisions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`source` text NOT NULL,
	`part` text NOT NULL,
	`state` text NOT NULL,
	`rows` integer DEFAULT 0 NOT NULL,
	`skipped` integer DEFAULT 0 NOT NULL,
	`touched_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sources` (
	`name` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`synced_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `types` (
	`id` integer PRIMARY KEY NOT NULL,
	`cloud` text NOT NULL,
	`name` text NOT NULL,
	`vcpus` real NOT NULL,
	`memory_gib` real NOT NULL,
	`arch` text NOT NULL,
	`burstable` integer NOT NULL,
	`bare_metal` integer NOT NULL,
	`gpu_name` text NOT NULL,
	`gpu_count` real NOT NULL,
	`prev_gen` integer NOT NULL,
	`local_disk_gb` real NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `types_all` ON `types` (`cloud`,`name`,`vcpus`,`memory_gib`,`arch`,`burstable`,`bare_metal`,`gpu_name`,`gpu_count`,`prev_gen`,`local_disk_gb`);