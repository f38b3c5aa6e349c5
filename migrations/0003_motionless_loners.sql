ALTER TABLE `clusters` ADD `access` text;--> statement-breakpoint
ALTER TABLE `nodes` ADD `plan` text;